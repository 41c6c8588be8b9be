#pragma once

#include <cstdint>
#include <random>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Reproducible random tensors. The generator is the 64-bit Mersenne Twister (std::mt19937_64,
/// fixed by the C++ standard) seeded with `seed`; entries are drawn in row-major order. uniform:
/// low + (high − low)·u with u = (next >> 11)·2⁻⁵³ in [0, 1).
Tensor random_uniform(const Shape& shape, double low, double high, std::uint64_t seed);
/// normal: mean + std·√(−2 ln(1 − u₁))·cos(2π u₂) (Box and Muller), two draws an entry.
Tensor random_normal(const Shape& shape, double mean, double std, std::uint64_t seed);
/// integers: low + floor(u·(high − low)), high excluded.
Tensor random_integers(const Shape& shape, std::int64_t low, std::int64_t high, std::uint64_t seed);

/// Of either sign, and between ½ and 1 in size, from the next draw.
inline double signed_part(std::mt19937_64& next) {
  const std::uint64_t bits = next();
  const double size = 0.5 + static_cast<double>(bits >> 12) * 0x1p-53;
  return (bits & 1) != 0 ? size : -size;
}

}  // namespace gradcheck
