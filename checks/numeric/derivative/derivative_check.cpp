#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/derivative.hpp>

#include "numeric/derivative/scalar_response.hpp"

using namespace gradcheck;

namespace {

Derivative of(ScalarResponse::Function f, double x, Arithmetic arithmetic = Arithmetic::float64,
              double scale = 0) {
  ScalarResponse response(std::move(f), x, arithmetic, scale);
  const std::vector<Derivative> found = ladder_derivative(response, Ladder::first);
  REQUIRE(found.size() == 1);
  return found[0];
}

double relu(double x) { return std::max(x, 0.0); }

double from_zero(double x) {
  if (x < 0) {
    throw std::domain_error("negative argument");
  }
  return x;
}

}  // namespace

TEST_CASE("derivative: a smooth function is within a bound near the best that differences reach") {
  for (double x = -3; x < 3; x += 0.37) {
    const Derivative d = of([](double t) { return std::sin(t); }, x);
    CHECK(d.seen == Seen::smooth);
    CHECK(std::abs(d.value - std::cos(x)) <= d.bound() + 1e-16);
    CHECK(d.bound() < 1e-10);
  }
}

TEST_CASE("derivative: what cancels inside is noise, measured on the line") {
  for (const double x : {1e-2, 1e-4, 1e-6}) {
    const Derivative d = of([](double t) { return 1 - std::cos(t); }, x);
    CHECK(std::abs(d.value - std::sin(x)) <= d.bound());
    CHECK(d.bound() < 0.005 * x);
  }
}

TEST_CASE("derivative: a kink at the point has two sides, one at some distance does not matter") {
  const Derivative at = of(relu, 0, Arithmetic::float64, 3);
  CHECK(at.seen == Seen::kink);
  CHECK(at.left.value == doctest::Approx(0));
  CHECK(at.right.value == doctest::Approx(1));
  const Derivative beside = of(relu, 1e-9, Arithmetic::float64, 3);
  CHECK(beside.seen == Seen::smooth);
  CHECK(beside.value == doctest::Approx(1));
}

TEST_CASE("derivative: within a few roundings of its tensor's scale a kink counts as met") {
  CHECK(of(relu, 5.6e-17, Arithmetic::float64, 3).seen == Seen::kink);
}

TEST_CASE("derivative: float32 inside a float64 function is a staircase, judged by larger steps") {
  const Derivative d =
      of([](double t) { return std::pow(static_cast<double>(static_cast<float>(t)), 2); }, 0.84);
  CHECK(d.seen == Seen::staircase);
  CHECK(d.quantum == doctest::Approx(1e-7).epsilon(0.2));
  CHECK(std::abs(d.value - 1.68) <= d.bound() + 1e-7);
  CHECK(d.bound() < 1e-6);
}

TEST_CASE(
    "derivative: at the edge of a domain one side is enough, and fractional orders are told") {
  for (const double p : {1.2, 1.5, 2.5}) {
    const Derivative d =
        of([=](double t) { return std::pow(from_zero(t), p); }, 0, Arithmetic::float64, 2);
    CHECK(d.seen == Seen::smooth);
    CHECK(std::abs(d.value) <= d.bound());
    CHECK(d.bound() < 1e-6);
  }
}

TEST_CASE("derivative: an infinite derivative and a jump are named, a constant is 0") {
  CHECK(of([](double t) { return std::sqrt(from_zero(t)); }, 0, Arithmetic::float64, 2).seen ==
        Seen::infinite);
  CHECK(of([](double t) { return t > 0 ? 1.0 : 0.0; }, 0, Arithmetic::float64, 2).seen ==
        Seen::jump);
}

TEST_CASE("derivative: neighbours of a pilot take four evaluations") {
  Pilot pilot;
  ScalarResponse first([](double t) { return std::tanh(t); }, 0.7);
  derivative(first, pilot);
  REQUIRE(pilot.known);
  for (double x = -1; x < 1; x += 0.13) {
    ScalarResponse response([](double t) { return std::tanh(t); }, x);
    const Derivative d = derivative(response, pilot).front();
    CHECK(response.evaluations() == 4);
    CHECK(std::abs(d.value - 1 / std::pow(std::cosh(x), 2)) <= d.bound());
    CHECK(d.bound() < 1e-9);
  }
}

TEST_CASE("derivative: a ripple is judged at its own scale, a stair of 0 is not accused") {
  const Derivative ripple = of([](double t) { return t + 1e-3 * std::sin(1e4 * t); }, 0.7);
  CHECK(std::abs(ripple.value - (1 + 10 * std::cos(7e3))) <= ripple.bound());
  CHECK(ripple.bound() < 1e-6);
  const Derivative stair = of([](double t) { return std::round(1e3 * t) / 1e3; }, 0.3333);
  CHECK(stair.seen == Seen::staircase);
  REQUIRE(stair.others.size() == 1);
  CHECK(stair.others[0].flat);
  CHECK(stair.others[0].value == 0);
}

TEST_CASE(
    "derivative: far steps of a saturated float32 function do not refute what is too noisy "
    "nearby") {
  const auto normalised = [](double x) {
    const float row[] = {static_cast<float>(x), 10000.75F, 9998.75F, 10000.25F};
    const float mean = (row[0] + row[1] + row[2] + row[3]) / 4;
    float variance = 0;
    for (const float q : row) {
      variance += (q - mean) * (q - mean) / 4;
    }
    return static_cast<double>((row[1] - mean) / std::sqrt(variance + 1e-5F));
  };
  CHECK(of(normalised, 9999, Arithmetic::float32).seen == Seen::coarse);
}

TEST_CASE("derivative: steps go on beyond the scale while rounding rules") {
  const Derivative d = of([](double t) { return 1 - std::cos(t); }, 1e-7);
  CHECK(std::abs(d.value - 1e-7) <= d.bound());
  CHECK(d.bound() < 0.005 * 1e-7);
  CHECK(d.step > 4e-7);
}

TEST_CASE("derivative: an entry far below its tensor's scale has its own steps") {
  const Derivative d =
      of([](double t) { return std::log(from_zero(t)); }, 1e-18, Arithmetic::float64, 1);
  CHECK(d.value == doctest::Approx(1e18));
  CHECK(d.bound() < 1e12);
}

TEST_CASE(
    "derivative: a neighbour that the pilot's step does not suit tries another, or climbs the "
    "ladder") {
  Pilot pilot;
  const auto softplus = [](double t) { return std::log(1 + std::exp(t)); };
  ScalarResponse first(softplus, -1);
  derivative(first, pilot);
  ScalarResponse tail(softplus, -20);
  const Derivative d = derivative(tail, pilot).front();
  CHECK(std::abs(d.value - 1 / (1 + std::exp(20))) <= d.bound());
  CHECK(d.bound() <= 0.005 * d.value);
  ScalarResponse kink(relu, 0, Arithmetic::float64, 1);
  CHECK(derivative(kink, pilot).front().seen == Seen::kink);
}

namespace {

/// The mean of four logits under their own softmax, in float32, by the last of them.
double mean_logit(double x) {
  const std::array<float, 4> z{299990.03F, 300005.22F, 300013.28F, static_cast<float>(x)};
  const float largest = std::ranges::max(z);
  float sum = 0, weighted = 0;
  for (const float each : z) {
    sum += std::exp(each - largest);
  }
  for (const float each : z) {
    weighted += each * (std::exp(each - largest) / sum);
  }
  return weighted;
}

}  // namespace

TEST_CASE("derivative: a kink of large steps is none where nearer ones show what lies beside it") {
  CHECK(of(mean_logit, 300017.9, Arithmetic::float32).seen == Seen::coarse);
}
