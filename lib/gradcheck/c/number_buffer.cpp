#include <algorithm>
#include <cstring>

#include <gradcheck/c/number_buffer.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t guards = 64;  // a vector register of any processor so far
constexpr unsigned char guard = 0xA5;
/// Nothing but ones is NaN in every one of the types.
constexpr unsigned char all_ones = 0xFF;

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

void write_half(const Tensor& from, NumberType type, void* to) {
  for (const double value : entries(from)) {
    const std::uint16_t bits = half_bits(value, type);
    std::memcpy(to, &bits, sizeof bits);
    to = static_cast<char*>(to) + sizeof bits;
  }
}

void read_half(const void* from, NumberType type, Tensor& to) {
  for (double& value : entries(to)) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, from, sizeof bits);
    value = half_value(bits, type);
    from = static_cast<const char*>(from) + sizeof bits;
  }
}

}  // namespace

void write_numbers(const Tensor& from, NumberType type, void* to) {
  switch (type) {
    case NumberType::float64:
      std::copy_n(from.data(), from.size(), static_cast<double*>(to));
      return;
    case NumberType::float32:
      return write_as<float>(from, to);
    case NumberType::float16:
    case NumberType::bfloat16:
      return write_half(from, type, to);
  }
}

Tensor read_numbers(const void* from, NumberType type, const Shape& shape) {
  Tensor result = empty<double>(shape);
  switch (type) {
    case NumberType::float64:
      std::copy_n(static_cast<const double*>(from), result.size(), result.data());
      break;
    case NumberType::float32:
      read_as<float>(from, result);
      break;
    case NumberType::float16:
    case NumberType::bfloat16:
      read_half(from, type, result);
      break;
  }
  return result;
}

NumberBuffer::NumberBuffer(NumberType type, const Shape& shape, std::size_t size)
    : type_(type),
      shape_(shape),
      size_(size),
      bytes_(std::make_unique_for_overwrite<unsigned char[]>(size + guards)) {
  std::memset(bytes_.get() + size_, guard, guards);
}

NumberBuffer::NumberBuffer(NumberType type, const Tensor& values)
    : NumberBuffer(type, shape_of(values), values.size() * bytes_of(type)) {
  write_numbers(values, type, bytes_.get());
}

NumberBuffer::NumberBuffer(NumberType type, const Shape& shape)
    : NumberBuffer(type, shape, entries_of(shape) * bytes_of(type)) {
  std::memset(bytes_.get(), all_ones, size_);
}

Tensor NumberBuffer::tensor() const { return read_numbers(data(), type_, shape_); }

bool NumberBuffer::guarded() const {
  return std::all_of(bytes_.get() + size_, bytes_.get() + size_ + guards,
                     [](unsigned char byte) { return byte == guard; });
}

bool NumberBuffer::holds(const Tensor& values) const {
  return std::memcmp(data(), NumberBuffer(type_, values).data(), size_) == 0;
}

}  // namespace gradcheck
