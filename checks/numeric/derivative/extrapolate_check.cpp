#include <array>
#include <cmath>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/extrapolate.hpp>

using namespace gradcheck;

namespace {

/// Central differences of f at x, steps h, h/2, ...
template <class Function>
std::vector<Quotient> central(Function f, long double x, long double h, int count) {
  std::vector<Quotient> quotients;
  for (int k = 0; k < count; ++k, h /= 2) {
    quotients.push_back({h, (f(x + h) - f(x - h)) / (2 * h), 1e-19L * std::abs(f(x)) / h});
  }
  return quotients;
}

long double exponential(long double x) { return std::exp(x); }
long double wave(long double x) { return std::sin(5 * x); }

}  // namespace

TEST_CASE("extrapolate: two central differences cancel the second-order term") {
  const auto quotients = central(exponential, 1, 1e-2L, 2);
  const Estimate estimate = extrapolate(quotients, 2);
  const long double error = std::abs(estimate.value - std::exp(1.0L));
  CHECK(error < 1e-9L);
  CHECK(error < std::abs(quotients[1].derivative - std::exp(1.0L)) / 1000);
}

TEST_CASE("extrapolate: the bound holds for smooth functions at any number of steps") {
  for (int count = 2; count <= 8; ++count) {
    for (long double x = -2; x < 2; x += 0.0625L) {
      const Estimate e = extrapolate(central(exponential, x, 0.1L, count), 2);
      CHECK(std::abs(e.value - std::exp(x)) <= e.bound());
      const Estimate w = extrapolate(central(wave, x, 0.1L, count), 2);
      CHECK(std::abs(w.value - 5 * std::cos(5 * x)) <= w.bound());
    }
  }
}

TEST_CASE("extrapolate: the bound holds where the second-order term vanishes") {
  // f = x^5 at 0 and x^4 + x: c2 = 0, all error is in h^4.
  const auto fifth = [](long double x) { return x * x * x * x * x; };
  const Estimate e = extrapolate(central(fifth, 0, 0.5L, 2), 2);
  CHECK(std::abs(e.value) <= e.bound());
}

TEST_CASE("extrapolate: one-sided differences are extrapolated in whole powers of h") {
  std::vector<Quotient> quotients;
  for (long double h = 0.1L; quotients.size() < 5; h /= 2) {
    quotients.push_back({h, (std::exp(1 + h) - std::exp(1.0L)) / h, 1e-18L / h});
  }
  const Estimate estimate = extrapolate(quotients, 1);
  CHECK(std::abs(estimate.value - std::exp(1.0L)) <= estimate.bound());
  CHECK(estimate.bound() < 1e-5L);
}

TEST_CASE("extrapolate: the bound holds for fractional powers, whose quotients change slowly") {
  for (const long double power : {1.1L, 1.2L, 1.35L, 1.5L}) {
    CAPTURE(power);
    const auto f = [&](long double x) {
      return 3 * x + (x < 0 ? -1 : 1) * std::pow(std::abs(x), power);
    };
    const std::vector<Quotient> quotients = central(f, 0, 1e-3L, 5);
    for (const int order : {1, 2}) {
      for (std::size_t count = order == 1 ? 2 : 3; count <= quotients.size(); ++count) {
        const Estimate e = extrapolate(std::span(quotients).first(count), order);
        CHECK(std::abs(e.value - 3) <= e.bound() * (1 + 1e-9L));  // the series is exact
      }
    }
  }
}

TEST_CASE("extrapolate: quotients that grow or stay away from each other have no bound") {
  const auto root = [](long double x) { return (x < 0 ? -1 : 1) * std::sqrt(std::abs(x)); };
  CHECK(std::isinf(extrapolate(central(root, 0, 1e-3L, 4), 2).bound()));
}

TEST_CASE("extrapolate: one quotient alone has no finite bound") {
  const std::array one{Quotient{0.1L, 2.0L, 0.0L}};
  CHECK(std::isinf(extrapolate(one, 2).bound()));
}

TEST_CASE("unextrapolated: the smaller step's quotient comes back as it is, within its bound") {
  const auto quotients = central(exponential, 1, 2e-3L, 2);
  const Estimate estimate = unextrapolated(quotients[0], quotients[1], 2);
  CHECK(estimate.value == quotients[1].derivative);
  CHECK(std::abs(estimate.value - std::exp(1.0L)) <= estimate.bound());
}
