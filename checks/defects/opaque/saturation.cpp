#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

// Backwards here are those that users write, from y: their own rounding grows in the tails.
std::vector<Specimen> saturation_specimens() {
  std::vector<Specimen> list;
  const auto saturates = [&](const char* name, auto f, auto derivative, Draw float64,
                             Draw float32) {
    add(list, "saturation", name, elementwise(f, derivative), float64, float32);
  };
  const auto logistic = [](auto x) { return 1 / (1 + std::exp(-x)); };
  saturates(
      "tanh, dy (1 - y*y)", [](auto x) { return std::tanh(x); },
      [](auto x) {
        const auto y = std::tanh(x);
        return 1 - y * y;
      },
      within(3, 9, true), within(1, 4, true));
  saturates(
      "sigmoid, dy y (1 - y)", logistic,
      [=](auto x) {
        const auto y = logistic(x);
        return y * (1 - y);
      },
      within(3, 20, true), within(1, 8, true));
  saturates(
      "sigmoid in its lower tail", logistic, [=](auto x) { return logistic(x) * logistic(-x); },
      within(-60, -20), within(-30, -8));
  saturates(
      "erf", [](auto x) { return std::erf(x); },
      [](auto x) { return as(x, 1.12837916709551257390L) * std::exp(-x * x); },
      within(1.5, 3.5, true), within(0.8, 2, true));
  saturates(
      "SiLU", [=](auto x) { return x * logistic(x); },
      [=](auto x) {
        const auto s = logistic(x);
        return s + x * s * logistic(-x);
      },
      within(-40, -5), within(-16, -4));
  saturates(
      "1 - exp(-x)", [](auto x) { return 1 - std::exp(-x); }, [](auto x) { return std::exp(-x); },
      within(3, 20), within(1, 8));
  saturates(
      "x / sqrt(1 + x*x)", [](auto x) { return x / std::sqrt(1 + x * x); },
      [](auto x) { return 1 / ((1 + x * x) * std::sqrt(1 + x * x)); }, within(5, 500, true),
      within(2, 30, true));
  saturates(
      "softsign", [](auto x) { return x / (1 + std::abs(x)); },
      [](auto x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }, within(10, 1e4, true),
      within(3, 100, true));
  saturates(
      "arctan", [](auto x) { return std::atan(x); }, [](auto x) { return 1 / (1 + x * x); },
      within(10, 1e4, true), within(3, 100, true));
  saturates(
      "exp(-x*x) far out", [](auto x) { return std::exp(-x * x); },
      [](auto x) { return -2 * x * std::exp(-x * x); }, within(3, 20, true), within(1, 8, true));
  saturates(
      "softplus, stable",
      [](auto x) { return std::max(x, as(x, 0)) + std::log1p(std::exp(-std::abs(x))); }, logistic,
      within(-60, 60), within(-20, 20));
  return list;
}

}  // namespace gradcheck::defects::opaque
