#include "numeric/derivative/families.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>

namespace gradcheck {

namespace {

using Real = long double;
using Point = std::function<double(double)>;

constexpr Arithmetic float32 = Arithmetic::float32;
constexpr Arithmetic float64 = Arithmetic::float64;

Point between(double low, double high) {
  return [=](double t) { return low + t * (high - low); };
}

/// 10^low to 10^high, evenly in the exponent.
Point decades(double low, double high, double sign = 1) {
  return [=](double t) { return sign * std::pow(10, low + t * (high - low)); };
}

/// A function that computes in float32.
template <class F>
ScalarResponse::Function single(F f) {
  return [f](double x) { return static_cast<double>(f(static_cast<float>(x))); };
}

Real sech2(Real x) { return 1 / (std::cosh(x) * std::cosh(x)); }

Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }

template <class T>
T gelu(T x) {
  return T(0.5) * x * (1 + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x)));
}

Real gelu_derivative(Real x) {
  const Real c = 0.7978845608028654L, b = 0.044715L, inner = c * (x + b * x * x * x);
  return (1 + std::tanh(inner)) / 2 + x / 2 * sech2(inner) * c * (1 + 3 * b * x * x);
}

/// The root of y³ + y = x by bisection down to a tolerance.
double bisected_root(double x, double tolerance) {
  double low = 0, high = 20;
  while (high - low > tolerance) {
    const double middle = (low + high) / 2;
    (middle * middle * middle + middle < x ? low : high) = middle;
  }
  return (low + high) / 2;
}

Real root_derivative(Real x) {
  Real y = 1;
  for (int i = 0; i < 100; ++i) {
    y -= (y * y * y + y - x) / (3 * y * y + 1);
  }
  return 1 / (3 * y * y + 1);
}

/// Rounded to 11 bits, as float16 stores it.
double in_half(double value) {
  int exponent = 0;
  std::frexp(value, &exponent);
  const double unit = std::ldexp(1, exponent - 11);
  return std::nearbyint(value / unit) * unit;
}

double from_zero(double x) {
  if (x < 0) {
    throw std::domain_error("negative argument");
  }
  return x;
}

/// Normal noise, another value at each call.
ScalarResponse::Function with_noise(double amplitude) {
  const auto generator = std::make_shared<std::mt19937_64>(5);
  return
      [=](double x) { return x * x + amplitude * std::normal_distribution<double>()(*generator); };
}

/// A float32 sum in another order at each call, as atomic additions give it.
ScalarResponse::Function reordered_sum() {
  const auto generator = std::make_shared<std::mt19937_64>(5);
  return single([=](float x) {
    std::vector<float> terms;
    for (int i = 1; i <= 512; ++i) {
      terms.push_back(std::sin(static_cast<float>(i)) * x);
    }
    std::shuffle(terms.begin(), terms.end(), *generator);
    float sum = 0;
    for (const float term : terms) {
      sum += term;
    }
    return sum;
  });
}

Real sum_of_sines() {
  Real sum = 0;
  for (int i = 1; i <= 512; ++i) {
    sum += std::sin(static_cast<float>(i));
  }
  return sum;
}

std::vector<Family> smooth_families() {
  const auto tanh64 = [](double x) { return std::tanh(x); };
  return {
      {"sin", [](double x) { return std::sin(x); }, [](Real x) { return std::cos(x); },
       between(-3, 3)},
      {"exp", [](double x) { return std::exp(x); }, [](Real x) { return std::exp(x); },
       between(-3, 3)},
      {"tanh", tanh64, sech2, between(-3, 3)},
      {"tanh, small x in a tensor of 1", tanh64, sech2, decades(-12, 0), float64, 1},
      {"tanh, float32", single([](float x) { return std::tanh(x); }), sech2, between(-3, 3),
       float32},
      {"tanh(x - 1e5), float32", single([](float x) { return std::tanh(x - 1e5F); }),
       [](Real x) { return sech2(x - 1e5L); }, between(1e5 - 1.5, 1e5 + 1.5), float32},
      {"sin(1e6 x)", [](double x) { return std::sin(1e6 * x); },
       [](Real x) { return 1e6L * std::cos(1e6L * x); }, between(0.1, 2)},
      {"x + 1e-3 sin(1e4 x)", [](double x) { return x + 1e-3 * std::sin(1e4 * x); },
       [](Real x) { return 1 + 10 * std::cos(1e4L * x); }, between(0.2, 2)},
      {"3 x + 0.1", [](double x) { return 3 * x + 0.1; }, [](Real) { return Real(3); },
       between(-2, 2)},
      {"3 x + 0.1, float32", single([](float x) { return 3 * x + 0.1F; }),
       [](Real) { return Real(3); }, between(-2, 2), float32},
      {"cos near 0", [](double x) { return std::cos(x); }, [](Real x) { return -std::sin(x); },
       decades(-12, -3), float64, 1},
  };
}

std::vector<Family> cancelling_families() {
  const auto log1p = [](Real x) { return 1 / (1 + x); };
  return {
      {"1 - cos(x)", [](double x) { return 1 - std::cos(x); }, [](Real x) { return std::sin(x); },
       decades(-7, -1)},
      {"1 - cos(x), float32", single([](float x) { return 1 - std::cos(x); }),
       [](Real x) { return std::sin(x); }, decades(-3, 0), float32},
      {"log(1 + x)", [](double x) { return std::log(1 + x); }, log1p, decades(-12, -1)},
      {"log(1 + x), float32", single([](float x) { return std::log(1 + x); }), log1p,
       decades(-6, -1), float32},
      {"log(1 + exp(x)) in its tail", [](double x) { return std::log(1 + std::exp(x)); }, sigmoid,
       between(-32, -5)},
      {"log(1 + exp(x)) in its tail, float32",
       single([](float x) { return std::log(1 + std::exp(x)); }), sigmoid, between(-14, -2),
       float32},
      {"gelu in its tail", gelu<double>, gelu_derivative, between(-6.5, -4)},
      {"gelu in its tail, float32", single(gelu<float>), gelu_derivative, between(-6, -3), float32},
      {"sigmoid in its tail, float32", single([](float x) { return 1 / (1 + std::exp(-x)); }),
       [](Real x) { return sigmoid(x) * sigmoid(-x); }, between(2, 14), float32},
      {"sin(x) + 1e11", [](double x) { return std::sin(x) + 1e11; },
       [](Real x) { return std::cos(x); }, between(0.2, 1.4)},
      {"sin(x) + 1e5, float32", single([](float x) { return std::sin(x) + 1e5F; }),
       [](Real x) { return std::cos(x); }, between(0.2, 1.4), float32},
  };
}

std::vector<Family> rough_families() {
  const auto root = [](double tolerance) {
    return [=](double x) { return bisected_root(x, tolerance); };
  };
  const auto twice = [](Real x) { return 2 * x; };
  const Real sines = sum_of_sines();
  return {
      {"float32 inside", single([](float x) { return x * x; }), twice, between(0.1, 2)},
      {"float32 inside tanh(3 x)", single([](float x) { return std::tanh(3 * x); }),
       [](Real x) { return 3 * sech2(3 * x); }, between(-1, 1)},
      {"bisection to 1e-3", root(1e-3), root_derivative, between(0.5, 5)},
      {"bisection to 1e-6", root(1e-6), root_derivative, between(0.5, 5)},
      {"bisection to 1e-9", root(1e-9), root_derivative, between(0.5, 5)},
      {"float16 storage", [](double x) { return in_half(std::sin(x)); },
       [](Real x) { return std::cos(x); }, between(0.2, 1.3)},
      {"round(1e3 x) / 1e3", [](double x) { return std::round(1e3 * x) / 1e3; },
       [](Real) { return Real(0); }, between(0.2, 1.3)},
      {"x^2, noise of 1e-14", with_noise(1e-14), twice, between(0.2, 2)},
      {"x^2, noise of 1e-9", with_noise(1e-9), twice, between(0.2, 2)},
      {"x^2, noise of 1e-3", with_noise(1e-3), twice, between(0.2, 2)},
      {"reordered sum, float32", reordered_sum(), [=](Real) { return sines; }, between(0.2, 2),
       float32},
  };
}

std::vector<Family> edge_families() {
  const auto relu = [](double x) { return 1.7 * std::max(x, 0.0); };
  return {
      {"relu beside its kink", relu, [](Real) { return Real(1.7); }, decades(-14, 0), float64, 1},
      {"relu before its kink", relu, [](Real) { return Real(0); }, decades(-14, 0, -1), float64, 1},
      {"leaky relu before its kink", [](double x) { return x > 0 ? x : 0.1 * x; },
       [](Real) { return Real(0.1); }, decades(-14, 0, -1), float64, 1},
      {"|x|^1.2 near 0", [](double x) { return std::pow(std::abs(x), 1.2); },
       [](Real x) { return Real(1.2) * std::pow(x, Real(0.2)); }, decades(-14, -1), float64, 1},
      {"x + x |x|^0.2 near 0", [](double x) { return x + x * std::pow(std::abs(x), 0.2); },
       [](Real x) { return 1 + Real(1.2) * std::pow(x, Real(0.2)); }, decades(-14, -1), float64, 1},
      {"sqrt near 0", [](double x) { return std::sqrt(from_zero(x)); },
       [](Real x) { return 1 / (2 * std::sqrt(x)); }, decades(-14, 0), float64, 1},
      {"log near 0", [](double x) { return std::log(from_zero(x)); }, [](Real x) { return 1 / x; },
       decades(-14, 0), float64, 1},
  };
}

}  // namespace

std::vector<Family> families() {
  std::vector<Family> all;
  for (const auto& some :
       {smooth_families(), cancelling_families(), rough_families(), edge_families()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace gradcheck
