#include <cmath>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/leaps.hpp>
#include <gradcheck/numeric/derivative/nearest_leap.hpp>

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

namespace {

/// The exponential series, ended by the first term below 1e-7.
double series(double x) {
  double sum = 0, term = 1;
  for (int k = 1; std::abs(term) > 1e-7; ++k) {
    sum += term;
    term *= x / k;
  }
  return sum;
}

}  // namespace

TEST_CASE("nearest leap: where a series takes another term, beneath what is smooth") {
  ScalarResponse response(series, 0.564, Arithmetic::float64, 1);
  const DistantLeap leap = nearest_leap(response, 0, 1e-15, {});
  CHECK(leap.size == doctest::Approx(1e-7).epsilon(0.01));
  CHECK(leap.distance == doctest::Approx(0.564 - std::pow(40320e-7, 1 / 8.0)).epsilon(1e-4));
}

TEST_CASE("nearest leap: its piece's derivative is granted what it may be off") {
  ScalarResponse response(series, 0.564, Arithmetic::float64, 1);
  Derivative d = ladder_derivative(response, Ladder::first).at(0);
  CHECK(std::abs(d.value - std::exp(0.564)) > d.bound());
  allow_for_leap(response, d, {});
  CHECK(std::abs(d.value - std::exp(0.564)) <= d.bound());
  CHECK(d.seen == Seen::staircase);
}

TEST_CASE("nearest leap: neither a smooth function nor a kink has one") {
  ScalarResponse smooth([](double x) { return std::exp(x); }, 0.5, Arithmetic::float64, 1);
  CHECK(nearest_leap(smooth, 0, 1e-15, {}).size == 0);
  ScalarResponse kink([](double x) { return std::abs(x - 0.7); }, 0.5, Arithmetic::float64, 1);
  CHECK(nearest_leap(kink, 0, 1e-15, {}).size == 0);
}
