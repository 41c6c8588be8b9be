#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/tensor/elementary.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

namespace {

using Each = void (*)(std::span<const double>, std::span<double>);
using Precise = long double (*)(long double);

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Units in the last place by which y misses the exact value.
double units(double y, long double exact) {
  const double rounded = static_cast<double>(exact);
  const double unit = std::nextafter(std::abs(rounded), infinity) - std::abs(rounded);
  return static_cast<double>(std::abs(y - exact) / unit);
}

void check_accuracy(Each each, Precise precise, double low, double high) {
  const Tensor x = random_uniform({1001}, low, high, 1);
  std::vector<double> y(x.size());
  each(entries(x), y);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, units(y[i], precise(x.data()[i])));
  }
  CHECK(worst <= 2);
}

double one(Each each, double x) {
  double y = 0;
  each({&x, 1}, {&y, 1});
  return y;
}

long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

const Each exponential = exp_each<double>;
const Each logarithm = log1p_each<double>;
const Each hyperbolic = tanh_each<double>;
const Each logistic_function = logistic_each<double>;

}  // namespace

TEST_CASE("elementary: values are within two units of the last place") {
  for (const double size : {1e-3, 1.0, 30.0, 700.0}) {
    CAPTURE(size);
    check_accuracy(exponential, std::exp, -size, size);
    check_accuracy(hyperbolic, std::tanh, -size, size);
    check_accuracy(logistic_function, sigmoid, -size, size);
    check_accuracy(logarithm, std::log1p, 0, size);
  }
  check_accuracy(exponential, std::exp, -740, -708);  // no digits are flushed to zero
  check_accuracy(logarithm, std::log1p, -0.999, 0);
}

TEST_CASE("elementary: a number's value does not depend on its neighbours") {
  const Tensor x = random_uniform({37}, -740, 700, 2);
  for (const Each each : {exponential, hyperbolic, logistic_function}) {
    std::vector<double> y(x.size());
    each(entries(x), y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(y[i] == one(each, x.data()[i]));
    }
  }
}

TEST_CASE("elementary: the edges of the number line") {
  CHECK(one(exponential, 0) == 1);
  CHECK(one(exponential, 710) == infinity);
  CHECK(one(exponential, -infinity) == 0);
  CHECK(one(hyperbolic, infinity) == 1);
  CHECK(one(hyperbolic, -infinity) == -1);
  CHECK(one(logarithm, infinity) == infinity);
  CHECK(one(logarithm, 0) == 0);
  CHECK(one(logistic_function, infinity) == 1);
  CHECK(one(logistic_function, -infinity) == 0);
  CHECK(one(logistic_function, 0) == 0.5);
  for (const Each each : {exponential, logarithm, hyperbolic, logistic_function}) {
    CHECK(std::isnan(one(each, std::numeric_limits<double>::quiet_NaN())));
  }
}
