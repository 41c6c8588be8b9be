#include <algorithm>
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
  return Leaps(response, options).after(plateau, q, 0, Side::both).size;
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

namespace {

/// ELU in float32 by exp(x) − 1, which is 0 down to half a unit below 1.
double elu(double x) {
  const auto f = static_cast<float>(x);
  return f > 0 ? f : std::exp(f) - 1.0F;
}

}  // namespace

TEST_CASE(
    "leaps: a kink's side may begin with the flat of a stair, whose derivative is not its own") {
  ScalarResponse response([](double x) { return x > 0 ? 1.05 * x : 1.75 * (std::exp(x) - 1); }, 0,
                          Arithmetic::float64, 0.379);
  for (const Ladder ladder : {Ladder::first, Ladder::independent}) {
    const Derivative d = ladder_derivative(response, ladder).at(0);
    REQUIRE(d.seen == Seen::kink);
    CHECK(std::abs(d.left.value - 1.75) <= d.left.bound);
    CHECK(std::abs(d.right.value - 1.05) <= d.right.bound);
  }
}

TEST_CASE("nearest leap: a flat that ends in one beyond the ladder may be that of a stair") {
  ScalarResponse response(elu, -2.8e-10, Arithmetic::float32, 1e-9);
  Derivative d = ladder_derivative(response, Ladder::independent).at(0);
  CHECK(d.seen == Seen::constant);
  CHECK(d.bound() < 0.01);
  allow_for_leap(response, d, {});
  CHECK(d.seen == Seen::staircase);
  CHECK(std::abs(d.value - 1) <= d.bound());
}

TEST_CASE("nearest leap: a flat that ends in a kink beyond the ladder, or never, stays 0") {
  const auto relu = [](double x) { return std::max(x - 1, 0.0); };
  const auto clip = [](double x) { return std::clamp(x, 0.5, 1.0); };
  for (const ScalarResponse::Function& f : {ScalarResponse::Function(relu), {clip}}) {
    ScalarResponse response(f, 1e-3, Arithmetic::float64, 1e-3);
    Derivative d;
    d.seen = Seen::constant;
    allow_for_leap(response, d, {});
    CHECK(d.seen == Seen::constant);
    CHECK(d.bound() == 0);
  }
}
