#include <bit>
#include <cmath>
#include <limits>

#include <gradcheck/tensor/number_type.hpp>

namespace gradcheck {
namespace {

/// Significant bits with the hidden one, and the exponents of the least and the largest normal
/// number.
struct Format {
  int bits;
  int least;
  int largest;
};

constexpr Format format_of(NumberType type) {
  switch (type) {
    case NumberType::float32:
      return {24, -126, 127};
    case NumberType::float16:
      return {11, -14, 15};
    case NumberType::bfloat16:
      return {8, -126, 127};
    case NumberType::float64:
      break;
  }
  return {53, -1022, 1023};
}

constexpr std::uint16_t sign_bit = 0x8000;
constexpr int half_mantissa = 10;
constexpr int half_bias = 15;

std::uint16_t float16_bits(double q) {
  const std::uint16_t sign = std::signbit(q) ? sign_bit : 0;
  const double size = std::abs(q);
  if (std::isnan(q)) {
    return static_cast<std::uint16_t>(sign | 0x7E00);
  }
  if (std::isinf(q)) {
    return static_cast<std::uint16_t>(sign | 0x7C00);
  }
  const int exponent = size == 0 ? 0 : std::ilogb(size);
  if (size == 0 || exponent < 1 - half_bias) {  // subnormal: in units of 2^-24
    return static_cast<std::uint16_t>(sign | static_cast<int>(std::ldexp(size, 24)));
  }
  const int mantissa = static_cast<int>(std::ldexp(size, half_mantissa - exponent)) - 1024;
  return static_cast<std::uint16_t>(sign | ((exponent + half_bias) << half_mantissa) | mantissa);
}

double float16_value(std::uint16_t bits) {
  const double sign = (bits & sign_bit) != 0 ? -1 : 1;
  const int exponent = (bits >> half_mantissa) & 0x1F;
  const int mantissa = bits & 0x3FF;
  if (exponent == 0x1F) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  return exponent == 0 ? sign * std::ldexp(mantissa, -24)
                       : sign * std::ldexp(1024 + mantissa, exponent - half_bias - half_mantissa);
}

}  // namespace

const char* to_string(NumberType type) {
  switch (type) {
    case NumberType::float32:
      return "float32";
    case NumberType::float16:
      return "float16";
    case NumberType::bfloat16:
      return "bfloat16";
    case NumberType::float64:
      break;
  }
  return "float64";
}

std::size_t bytes_of(NumberType type) {
  switch (type) {
    case NumberType::float32:
      return sizeof(float);
    case NumberType::float16:
    case NumberType::bfloat16:
      return sizeof(std::uint16_t);
    case NumberType::float64:
      break;
  }
  return sizeof(double);
}

double unit_roundoff(NumberType type) { return std::ldexp(1.0, -format_of(type).bits); }

double quantised(double value, NumberType type) {
  if (type == NumberType::float64 || value == 0 || !std::isfinite(value)) {
    return value;
  }
  const Format format = format_of(type);
  const int exponent = std::max(std::ilogb(value), format.least);
  const double quantum = std::ldexp(1.0, exponent - format.bits + 1);
  const double nearest = std::nearbyint(value / quantum) * quantum;
  return std::abs(nearest) < std::ldexp(1.0, format.largest + 1)
             ? nearest
             : std::copysign(std::numeric_limits<double>::infinity(), value);
}

Tensor quantised(const Tensor& values, NumberType type) {
  Tensor result = values;
  for (double& value : entries(result)) {
    value = quantised(value, type);
  }
  return result;
}

std::uint16_t half_bits(double value, NumberType type) {
  if (type == NumberType::float16) {
    return float16_bits(quantised(value, type));
  }
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(quantised(value, type)));
  return static_cast<std::uint16_t>(bits >> 16);
}

double half_value(std::uint16_t bits, NumberType type) {
  return type == NumberType::float16
             ? float16_value(bits)
             : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}

}  // namespace gradcheck
