#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/stencil.hpp>

using namespace gradcheck;

namespace {

/// What a stencil makes of f at x, on a scale of 1.
template <class Function>
Estimate derivative(const Stencil& stencil, Function f, long double x, long double h) {
  std::vector<Quotient> quotients;
  for (const Stencil::Pair& pair : stencil.pairs) {
    const long double apart = (pair.above - pair.below) * h;
    const long double slope = (f(x + pair.above * h) - f(x + pair.below * h)) / apart;
    quotients.push_back({pair.above * h, slope, 0});
  }
  return stencil.derivative(quotients, static_cast<double>(h));
}

}  // namespace

TEST_CASE("stencil: a probe at the point itself costs nothing") {
  CHECK(lopsided_stencil().probes() == 3);
  CHECK(central_stencil(3).probes() == 6);
}

TEST_CASE("stencil: three lopsided probes are exact for a cubic, and tell what they took away") {
  const auto cubic = [](long double x) { return ((2 * x - 3) * x + 4) * x - 5; };
  const Estimate estimate = derivative(lopsided_stencil(), cubic, 0.75L, 0.5L);
  CHECK(std::abs(estimate.value - (6 * 0.75L * 0.75L - 6 * 0.75L + 4)) < 1e-16L);
  const long double bend = 0.5L * (12 * 0.75L - 6);
  CHECK(std::abs(estimate.truncation - (2 * 0.25L + 0.25L * bend)) < 1e-16L);
}

TEST_CASE("stencil: the error is within the truncation, even where the third derivative is zero") {
  for (const long double h : {0.1L, 0.01L}) {
    for (const long double x : {-2.0L, 0.0L, 0.5L, 1.5707963267948966L}) {
      const auto wave = [](long double v) { return std::sin(v) + std::cos(2 * v); };
      const long double exact = std::cos(x) - 2 * std::sin(2 * x);
      for (const Stencil& stencil : {lopsided_stencil(), central_stencil(2)}) {
        const Estimate estimate = derivative(stencil, wave, x, h);
        CHECK(std::abs(estimate.value - exact) <= 1.001L * estimate.truncation + 1e-17L);
      }
    }
  }
}
