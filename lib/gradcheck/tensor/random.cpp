#include <cmath>
#include <numbers>

#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Uniform in [0, 1), from the upper 53 bits.
double unit(std::mt19937_64& next) { return static_cast<double>(next() >> 11) * 0x1p-53; }

template <class Draw>
Tensor drawn(const Shape& shape, std::uint64_t seed, Draw draw) {
  entries_of(shape);
  Tensor t = empty<double>(shape);
  std::mt19937_64 generator(seed);
  for (double& x : entries(t)) {
    x = draw(generator);
  }
  return t;
}

}  // namespace

Tensor random_uniform(const Shape& shape, double low, double high, std::uint64_t seed) {
  return drawn(shape, seed, [&](std::mt19937_64& g) { return low + (high - low) * unit(g); });
}

Tensor random_normal(const Shape& shape, double mean, double std, std::uint64_t seed) {
  return drawn(shape, seed, [&](std::mt19937_64& g) {
    const double radius = std::sqrt(-2 * std::log1p(-unit(g)));
    return mean + std * radius * std::cos(2 * std::numbers::pi * unit(g));
  });
}

Tensor random_integers(const Shape& shape, std::int64_t low, std::int64_t high,
                       std::uint64_t seed) {
  return drawn(shape, seed, [&](std::mt19937_64& g) {
    return static_cast<double>(low) + std::floor(unit(g) * static_cast<double>(high - low));
  });
}

}  // namespace gradcheck
