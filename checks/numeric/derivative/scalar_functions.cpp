#include "numeric/derivative/scalar_functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace gradcheck {

namespace {

/// The same text in both arithmetics.
template <class F>
constexpr ScalarFunction function(std::string_view name, F) {
  return {name, [](double x) -> double { return F{}(x); }, [](float x) -> float { return F{}(x); }};
}

template <class T>
T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

template <class T>
T softplus(T x) {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
T gelu_tanh(T x) {
  return T(0.5) * x * (1 + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x)));
}

/// x⁵ − 5x⁴ + 10x³ − 10x² + 5x − 1 by Horner's rule.
template <class T>
T expanded_fifth_power(T x) {
  return ((((x - 5) * x + 10) * x - 10) * x + 5) * x - 1;
}

template <class T>
T variance_with_1000(T x) {
  const T mean = (x + 1000) / 2;
  return (x * x + T(1000) * 1000) / 2 - mean * mean;
}

const auto functions = std::to_array<ScalarFunction>({
    function("x", [](auto x) { return x; }),
    function("3 x + 0.5", []<class T>(T x) { return 3 * x + T(0.5); }),
    function("1e-20 x", []<class T>(T x) { return T(1e-20) * x; }),
    function("1e20 x^2", []<class T>(T x) { return T(1e20) * x * x; }),
    function("x^2", [](auto x) { return x * x; }),
    function("x^3", [](auto x) { return x * x * x; }),
    function("x^7", []<class T>(T x) { return std::pow(x, T(7)); }),
    function("1 / x", [](auto x) { return 1 / x; }),
    function("1 / x^2", [](auto x) { return 1 / (x * x); }),
    function("sqrt(x)", [](auto x) { return std::sqrt(x); }),
    function("cbrt(x)", [](auto x) { return std::cbrt(x); }),
    function("x^1.5", []<class T>(T x) { return std::pow(x, T(1.5)); }),
    function("x^0.25", []<class T>(T x) { return std::pow(x, T(0.25)); }),
    function("x^x", [](auto x) { return std::pow(x, x); }),
    function("exp(x)", [](auto x) { return std::exp(x); }),
    function("exp(20 x)", [](auto x) { return std::exp(20 * x); }),
    function("exp(-x^2)", [](auto x) { return std::exp(-x * x); }),
    function("exp(-1 / x)", [](auto x) { return std::exp(-1 / x); }),
    function("expm1(x)", [](auto x) { return std::expm1(x); }),
    function("exp2(x)", [](auto x) { return std::exp2(x); }),
    function("log(x)", [](auto x) { return std::log(x); }),
    function("log1p(x)", [](auto x) { return std::log1p(x); }),
    function("log(1 + x)", [](auto x) { return std::log(1 + x); }),
    function("log2(x)", [](auto x) { return std::log2(x); }),
    function("sin(x)", [](auto x) { return std::sin(x); }),
    function("cos(x)", [](auto x) { return std::cos(x); }),
    function("tan(x)", [](auto x) { return std::tan(x); }),
    function("sin(100 x)", [](auto x) { return std::sin(100 * x); }),
    function("sin(1e5 x)", []<class T>(T x) { return std::sin(T(1e5) * x); }),
    function("x + 1e-3 sin(1e4 x)",
             []<class T>(T x) { return x + T(1e-3) * std::sin(T(1e4) * x); }),
    function("asin(x)", [](auto x) { return std::asin(x); }),
    function("acos(x)", [](auto x) { return std::acos(x); }),
    function("atan(x)", [](auto x) { return std::atan(x); }),
    function("atan2(x, 1 + x)", [](auto x) { return std::atan2(x, 1 + x); }),
    function("sinh(x)", [](auto x) { return std::sinh(x); }),
    function("cosh(x)", [](auto x) { return std::cosh(x); }),
    function("tanh(x)", [](auto x) { return std::tanh(x); }),
    function("tanh(x - 1000)", [](auto x) { return std::tanh(x - 1000); }),
    function("asinh(x)", [](auto x) { return std::asinh(x); }),
    function("acosh(x)", [](auto x) { return std::acosh(x); }),
    function("atanh(x)", [](auto x) { return std::atanh(x); }),
    function("erf(x)", [](auto x) { return std::erf(x); }),
    function("erfc(x)", [](auto x) { return std::erfc(x); }),
    function("gamma(x)", [](auto x) { return std::tgamma(x); }),
    function("lgamma(x)", [](auto x) { return std::lgamma(x); }),
    function("sigmoid(x)", [](auto x) { return sigmoid(x); }),
    function("log(1 + exp(x))", [](auto x) { return std::log(1 + std::exp(x)); }),
    function("softplus(x)", [](auto x) { return softplus(x); }),
    function("x sigmoid(x)", [](auto x) { return x * sigmoid(x); }),
    function("x tanh(softplus(x))", [](auto x) { return x * std::tanh(softplus(x)); }),
    function("gelu(x)",
             []<class T>(T x) { return T(0.5) * x * (1 + std::erf(x / std::sqrt(T(2)))); }),
    function("gelu_tanh(x)", [](auto x) { return gelu_tanh(x); }),
    function("log(x / (1 - x))", [](auto x) { return std::log(x / (1 - x)); }),
    function("x / (1 + |x|)", [](auto x) { return x / (1 + std::abs(x)); }),
    function("x |x|", [](auto x) { return x * std::abs(x); }),
    function("|x|", [](auto x) { return std::abs(x); }),
    function("max(x, 0)^2", []<class T>(T x) { return std::max(x, T(0)) * std::max(x, T(0)); }),
    function("max(x, 0) sin(x)", []<class T>(T x) { return std::max(x, T(0)) * std::sin(x); }),
    function("sin(x) / x", [](auto x) { return std::sin(x) / x; }),
    function("x sin(1 / x)", [](auto x) { return x * std::sin(1 / x); }),
    function("1 - cos(x)", [](auto x) { return 1 - std::cos(x); }),
    function("(exp(x) - 1) / x", [](auto x) { return (std::exp(x) - 1) / x; }),
    function("sqrt(1 + x^2) - 1", [](auto x) { return std::sqrt(1 + x * x) - 1; }),
    function("x - sin(x)", [](auto x) { return x - std::sin(x); }),
    function("sin(x) + 1e6", []<class T>(T x) { return std::sin(x) + T(1e6); }),
    function("exp(x) + 1e12", []<class T>(T x) { return std::exp(x) + T(1e12); }),
    function("1 / (1 + 25 x^2)", [](auto x) { return 1 / (1 + 25 * x * x); }),
    function("x / (1 + x^4)", [](auto x) { return x / (1 + x * x * x * x); }),
    function("log(cosh(x))", [](auto x) { return std::log(std::cosh(x)); }),
    function("hypot(x, 3)", []<class T>(T x) { return std::hypot(x, T(3)); }),
    function("(x - 1)^5, expanded", [](auto x) { return expanded_fifth_power(x); }),
    function("log(exp(x) + exp(10))",
             []<class T>(T x) { return std::log(std::exp(x) + std::exp(T(10))); }),
    function("variance of x and 1000", [](auto x) { return variance_with_1000(x); }),
});

constexpr ExactDerivative derivatives[] = {
#include "numeric/derivative/exact_derivatives.inc"
};

}  // namespace

const ScalarFunction& scalar_function(std::string_view name) {
  const auto found = std::find_if(functions.begin(), functions.end(),
                                  [&](const ScalarFunction& f) { return f.name == name; });
  if (found == functions.end()) {
    throw std::invalid_argument("scalar functions: no <" + std::string(name) + ">");
  }
  return *found;
}

std::span<const ExactDerivative> exact_derivatives() { return derivatives; }

}  // namespace gradcheck
