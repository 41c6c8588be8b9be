#pragma once

#include <cstdint>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The types that numbers are stored in: IEEE 754's binary64, binary32 and binary16, and bfloat16
/// (the upper half of a binary32).
enum class NumberType { float64, float32, float16, bfloat16 };

const char* to_string(NumberType type);
std::size_t bytes_of(NumberType type);

/// The largest relative error of rounding to nearest: 2^-p for p significant bits (53, 24, 11, 8).
double unit_roundoff(NumberType type);

/// The nearest number of that type, ties to even; infinite beyond its largest.
double quantised(double value, NumberType type);
Tensor quantised(const Tensor& values, NumberType type);

/// The bits of a number of half precision, and the number behind such bits. Others round first.
std::uint16_t half_bits(double value, NumberType type);
double half_value(std::uint16_t bits, NumberType type);

}  // namespace gradcheck
