#include <cmath>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/leaps.hpp>

#include "numeric/derivative/scalar_response.hpp"

using namespace gradcheck;

namespace {

/// By how much f leaps where it leaves a line of that derivative around x.
double leap(const ScalarResponse::Function& f, double x, double derivative) {
  ScalarResponse response(f, x, Arithmetic::float64, 1);
  const LadderProbes probes = probe_ladder(response, 1, {});
  const Quotients q = quotients(response, probes, 0, Side::both);
  Plateau plateau;
  plateau.value = derivative;
  plateau.step = q.step[2];
  const DifferentiationOptions options;
  return Leaps(response, options).after(plateau, q, 0).size;
}

}  // namespace

TEST_CASE("leaps: the flat of a stair ends in one, of the size of the quantum") {
  CHECK(leap([](double x) { return std::round(100 * x) / 100; }, 0.123, 0) ==
        doctest::Approx(0.01));
  CHECK(leap([](double x) { return x + std::floor(1000 * x) / 1000; }, 0.1234, 1) ==
        doctest::Approx(0.001).epsilon(0.05));
}

TEST_CASE("leaps: a kink bends, wherever in its octave it lies") {
  for (double kink = 0.1; kink < 0.4; kink += 0.013) {
    CHECK(leap([=](double x) { return std::max(x - kink, 0.0); }, 0, 0) == 0);
  }
}

TEST_CASE("leaps: what is smooth does not leave its plateau abruptly") {
  CHECK(leap([](double x) { return std::sin(x); }, 0.3, std::cos(0.3)) == 0);
}
