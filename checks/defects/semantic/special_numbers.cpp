#include <defects/semantic/special_numbers.hpp>

namespace gradcheck::defects::semantic {

namespace {

double signed_decades(double low, double high, Chance& chance) {
  return (chance.percent(50) ? 1 : -1) * std::pow(10, chance.uniform(low, high));
}

/// One number; `before` are those of the same tensor so far.
double special(std::span<const double> before, Chance& chance) {
  const std::size_t kind = chance.below(100);
  if (kind < 15 && !before.empty()) {
    return before[chance.below(before.size())];
  }
  if (kind < 30) {
    return chance.percent(70) ? 0.0 : -0.0;
  }
  if (kind < 45) {
    return signed_decades(-17, 0, chance);
  }
  if (kind < 60) {
    return signed_decades(0, 12, chance);
  }
  if (kind < 65) {
    return chance.of(std::vector<double>{1, -1, 0.5, 2, 40, -40, 800, -800});
  }
  if (kind < 67) {
    return signed_decades(-323, -300, chance);
  }
  if (kind < 69) {
    return signed_decades(290, 300, chance);
  }
  return signed_decades(-1, 0.5, chance);
}

}  // namespace

Tensor special_numbers(const Shape& shape, Chance& chance) {
  Tensor t = zeros<double>(shape);
  const bool ordinary = chance.percent(40);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = ordinary ? signed_decades(-1, 0.5, chance)
                           : special(std::span<const double>(t.data(), i), chance);
  }
  return t;
}

Tensor small_integers(const Shape& shape, Chance& chance) {
  Tensor t = zeros<double>(shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = static_cast<double>(chance.below(3));
  }
  return t;
}

}  // namespace gradcheck::defects::semantic
