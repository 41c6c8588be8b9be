#include <cmath>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/derivative/chain_rule.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// dL/dx[entry], layer by layer.
Estimate derivative_of(const std::string& text, const Tensor& x, std::size_t entry = 0,
                       long double nearness = 1) {
  const Network network = network_of(text, {{"x", parameter(x)}});
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  const ValueId from = *network.find("x");
  Evaluator<double> evaluator(network.graph(), point.values, point.active, ProbeScope::downstream);
  evaluator.aim(from, network.loss());
  ChainRule chain_rule(network.graph(), point.long_values(), point.active, 0);
  const std::vector<Estimate> estimates = chain_rule.differentiate(
      from, entry, network.loss(), evaluator.path(), std::abs(x.data()[entry]), nearness);
  REQUIRE(estimates.size() == 1);
  return estimates[0];
}

void check_near(const Estimate& estimate, long double truth, long double relative) {
  CHECK(std::abs(estimate.value - truth) <= estimate.bound());
  CHECK(estimate.bound() <= relative * std::abs(truth));
}

}  // namespace

TEST_CASE("chain rule: ordinary derivatives have 14 digits, from any family of steps") {
  for (const long double nearness : {1.0L, 0x1.6p-5L}) {
    check_near(derivative_of("L = exp(x) * 3", scalar(1.0), 0, nearness), 3 * std::exp(1.0L),
               1e-13L);
    check_near(derivative_of("L = sin(x ** 3)", scalar(2.0), 0, nearness), 12 * std::cos(8.0L),
               1e-12L);
  }
}

TEST_CASE("chain rule: a small gradient keeps its digits beside a large loss") {
  check_near(derivative_of("L = 1e4 + 1e-6 * tanh(x)", scalar(0.5)),
             1e-6L / (std::cosh(0.5L) * std::cosh(0.5L)), 2e-5L);
}

TEST_CASE("chain rule: a layer that turns over many times within a step of the whole is seen") {
  const long double argument = 1e9L;
  check_near(derivative_of("L = sin(1e9 * x)", scalar(1.0)), argument * std::cos(argument), 1e-3L);
  const Tensor x{{1e-3, 1e6}};
  check_near(derivative_of("L = sum(cos(100 * x))", x), -100 * std::sin(100 * 1e-3L), 1e-9L);
}

TEST_CASE("chain rule: beside entries of another scale, a small entry is seen on its own") {
  const Tensor x{{-3.0, 1e12, 2e12}};
  check_near(derivative_of("L = sum(softplus(x))", x), 1 / (1 + std::exp(3.0L)), 1e-3L);
}

TEST_CASE("chain rule: what rounding hides has a bound that covers it") {
  const Estimate saturated = derivative_of("L = sigmoid(x)", scalar(45.0));
  CHECK(std::abs(saturated.value - std::exp(-45.0L)) <= saturated.bound());
  const Estimate absorbed = derivative_of("L = 1e300 + x", scalar(1.0));
  CHECK(std::abs(absorbed.value - 1) <= absorbed.bound());
}

TEST_CASE("chain rule: an error goes further than the derivative that it hides") {
  // The third score moves the first probability by 1e-35 of itself: 0 is what is seen of that.
  const Tensor x{{60.0, 33.0, -22.0}};
  const Estimate hidden = derivative_of("L = (1 + square(log_softmax(x)))[0, 0]", x, 2);
  const long double others = std::exp(-27.0L) + std::exp(-82.0L);
  const long double truth = 2 * std::log1p(others) * std::exp(-82.0L) / (1 + others);
  CHECK(std::abs(hidden.value - truth) <= hidden.bound());
}

TEST_CASE("chain rule: what cancels in a sum leaves a derivative of 1e-12 its digits") {
  const Tensor x{{0.3, -0.8, 0.5, 1.1}};
  const long double truth = 1e-12L * std::cos(0.3L);
  check_near(derivative_of("L = sum(softmax(x)) + 1e-12 * sum(sin(x))", x, 0), truth, 1.5e-4L);
}

TEST_CASE("chain rule: what an entry does not reach is exactly 0") {
  const Tensor x{{2.0, 3.0}};
  const Estimate estimate = derivative_of("L = exp(x[0, 1])", x, 0);
  CHECK(estimate.value == 0);
  CHECK(estimate.bound() == 0);
}

TEST_CASE("chain rule: what a sum absorbs, however far it is moved, is within the bound") {
  const Tensor x{{1.0, 1.0}};
  const Estimate estimate = derivative_of("L = sum(x @ [[1], [1e-60]])", x, 1);
  CHECK(std::abs(estimate.value - 1e-60L) <= estimate.bound());
  CHECK(estimate.bound() <= 1e-25L);
}

TEST_CASE(
    "chain rule: what rounding swallows from near is taken as it was seen from further away") {
  // Near 1, probabilities take no steps below 1e-19; the second moves 1e8 times slower than the
  // first.
  const std::string text = "L = binary_cross_entropy(sigmoid(x * [1, 20]), [0.3, 0.4])";
  const long double derivative =
      1 / (1 + std::exp(-1.0L)) - 0.3L + 20 * (1 / (1 + std::exp(-20.0L)) - 0.4L);
  check_near(derivative_of(text, scalar(1.0)), derivative / 2, 1e-6L);
}

TEST_CASE("chain rule: an error of what is small counts where 1/x makes it large") {
  const auto exact_of = [](long double c) {
    const long double x = -14 * c, Phi = std::erfc(-x / std::sqrt(2.0L)) / 2;
    const long double phi = std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0L));
    return -c * (Phi + x * phi) / (x * Phi * x * Phi);
  };
  const Estimate steep = derivative_of("L = sum(1 / gelu(x * [1, 0.01]))", scalar(-14.0));
  CHECK(std::abs(steep.value - exact_of(1) - exact_of(0.01L)) <= steep.bound());
}
