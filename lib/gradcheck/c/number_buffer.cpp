#include <algorithm>
#include <cstring>
#include <limits>

#include <gradcheck/c/number_buffer.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t guards = 64;  // a vector register of any processor so far
constexpr unsigned char guard = 0xA5;

template <class Number>
void write_as(const Tensor& from, void* to) {
  for (const double value : entries(from)) {
    const Number number = static_cast<Number>(value);
    std::memcpy(to, &number, sizeof number);
    to = static_cast<char*>(to) + sizeof number;
  }
}

template <class Number>
void read_as(const void* from, Tensor& to) {
  for (double& value : entries(to)) {
    Number number = 0;
    std::memcpy(&number, from, sizeof number);
    value = static_cast<double>(number);
    from = static_cast<const char*>(from) + sizeof number;
  }
}

}  // namespace

std::size_t bytes_of(Precision precision) {
  return precision == Precision::float32 ? sizeof(float) : sizeof(double);
}

void write_numbers(const Tensor& from, Precision precision, void* to) {
  precision == Precision::float32 ? write_as<float>(from, to) : write_as<double>(from, to);
}

Tensor read_numbers(const void* from, Precision precision, const Shape& shape) {
  Tensor result = empty<double>(shape);
  precision == Precision::float32 ? read_as<float>(from, result) : read_as<double>(from, result);
  return result;
}

NumberBuffer::NumberBuffer(Precision precision, const Tensor& values)
    : precision_(precision),
      shape_(shape_of(values)),
      size_(values.size() * bytes_of(precision)),
      bytes_(size_ + guards, guard) {
  write_numbers(values, precision, bytes_.data());
}

NumberBuffer::NumberBuffer(Precision precision, const Shape& shape)
    : NumberBuffer(precision, full<double>(shape, std::numeric_limits<double>::quiet_NaN())) {}

Tensor NumberBuffer::tensor() const { return read_numbers(data(), precision_, shape_); }

bool NumberBuffer::guarded() const {
  return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.end(),
                     [](unsigned char byte) { return byte == guard; });
}

bool NumberBuffer::holds(const Tensor& values) const {
  return bytes_ == NumberBuffer(precision_, values).bytes_;
}

}  // namespace gradcheck
