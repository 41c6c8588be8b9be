#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

template <class T>
T logistic(T x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

template <class T>
T squared(T x) {
  return x * x;
}

}  // namespace

// Derivatives are the textbooks', in forms that do not cancel.
std::vector<Specimen> cancellation_specimens() {
  std::vector<Specimen> list;
  const auto cancels = [&](const char* name, auto f, auto derivative, Draw float64, Draw float32) {
    add(list, "cancellation", name, elementwise(f, derivative), float64, float32);
  };
  cancels(
      "1 - cos(x)", [](auto x) { return 1 - std::cos(x); }, [](auto x) { return std::sin(x); },
      decades(1e-7, 1e-2), decades(1e-3, 0.3));
  cancels(
      "log(1 + x)", [](auto x) { return std::log(1 + x); }, [](auto x) { return 1 / (1 + x); },
      decades(1e-10, 1e-3), decades(1e-5, 1e-2));
  cancels(
      "log(1 + exp(x))", [](auto x) { return std::log(1 + std::exp(x)); },
      [](auto x) { return logistic(x); }, within(-30, -5), within(-12, -2));
  cancels(
      "exp(x) - 1", [](auto x) { return std::exp(x) - 1; }, [](auto x) { return std::exp(x); },
      decades(1e-9, 1e-3, true), decades(1e-4, 0.1, true));
  cancels(
      "sqrt(1 + x) - 1", [](auto x) { return std::sqrt(1 + x) - 1; },
      [](auto x) { return 1 / (2 * std::sqrt(1 + x)); }, decades(1e-9, 1e-3, true),
      decades(1e-4, 0.1, true));
  cancels(
      "x - sin(x)", [](auto x) { return x - std::sin(x); },
      [](auto x) { return 2 * squared(std::sin(x / 2)); }, decades(1e-4, 0.1), decades(0.02, 0.5));
  cancels(
      "1/x - 1/(x + 1)", [](auto x) { return 1 / x - 1 / (x + 1); },
      [](auto x) { return -(2 * x + 1) / squared(x * (x + 1)); }, decades(1e2, 1e5),
      decades(5, 200));
  cancels(
      "sqrt(x*x + 1) - x", [](auto x) { return std::sqrt(x * x + 1) - x; },
      [](auto x) {
        const auto root = std::sqrt(x * x + 1);
        return -1 / (root * (root + x));
      },
      decades(10, 1e4), decades(3, 50));
  cancels(
      "sinh by exponentials", [](auto x) { return (std::exp(x) - std::exp(-x)) / 2; },
      [](auto x) { return std::cosh(x); }, decades(1e-9, 1e-2, true), decades(1e-4, 0.1, true));
  cancels(
      "tanh by exponentials",
      [](auto x) {
        const auto e = std::exp(2 * x);
        return (e - 1) / (e + 1);
      },
      [](auto x) { return 1 / squared(std::cosh(x)); }, decades(1e-8, 1e-2, true),
      decades(1e-4, 0.1, true));
  cancels(
      "artanh by a logarithm", [](auto x) { return std::log((1 + x) / (1 - x)) / 2; },
      [](auto x) { return 1 / ((1 - x) * (1 + x)); }, decades(1e-8, 1e-2, true),
      decades(1e-4, 0.1, true));
  cancels(
      "(1 + x)^2 - 1 - 2x", [](auto x) { return (1 + x) * (1 + x) - 1 - 2 * x; },
      [](auto x) { return 2 * x; }, decades(1e-6, 1e-2, true), decades(1e-2, 0.3, true));
  cancels(
      "GELU, tanh form, in its tail",
      [](auto x) {
        return x / 2 * (1 + std::tanh(as(x, 0.7978845608L) * (x + as(x, 0.044715L) * x * x * x)));
      },
      [](auto x) {
        const auto c = as(x, 0.7978845608L), k = as(x, 0.044715L);
        const auto u = c * (x + k * x * x * x), e = std::exp(2 * u);
        return e / (1 + e) + 2 * x * e / squared(1 + e) * c * (1 + 3 * k * x * x);
      },
      within(-6, -3.5), within(-4.5, -2.5));
  cancels(
      "normal distribution by erf",
      [](auto x) { return (1 + std::erf(x / std::sqrt(as(x, 2)))) / 2; },
      [](auto x) { return as(x, 0.39894228040143267794L) * std::exp(-x * x / 2); }, within(-7, -4),
      within(-4.5, -2.5));
  cancels(
      "smaller root of t*t - 2xt + 1", [](auto x) { return x - std::sqrt(x * x - 1); },
      [](auto x) {
        const auto root = std::sqrt((x - 1) * (x + 1));
        return -1 / (root * (x + root));
      },
      decades(10, 1e4), decades(3, 50));
  cancels(
      "log(cosh(x))", [](auto x) { return std::log(std::cosh(x)); },
      [](auto x) { return std::tanh(x); }, decades(1e-6, 1e-2, true), decades(1e-2, 0.3, true));
  return list;
}

}  // namespace gradcheck::defects::opaque
