#include <cmath>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// dL/dx of a network in one variable x, refined as far as it goes if asked for.
struct Derivative {
  Derivative(const std::string& text, double x, bool refined = false,
             DifferenceOptions options = {})
      : network(network_of(text, {{"x", parameter(x)}})),
        point(evaluate_point(network.graph(), forward<double>(network), 0)),
        differentiator(network.graph(), point, options) {
    differentiator.aim(*network.find("x"), network.loss());
    const std::uint64_t before = differentiator.probes();
    difference = differentiator.start(0);
    first_pass_probes = differentiator.probes() - before;
    while (refined && differentiator.refine(difference)) {
    }
  }

  const Estimate& estimate() const { return difference.estimates.at(0); }
  long double error(long double truth) const { return std::abs(estimate().value - truth); }

  Network network;
  EvaluationPoint point;
  Differentiator differentiator;
  Difference difference;
  std::uint64_t first_pass_probes = 0;
};

void check_within_bound(const std::string& text, double x, long double truth,
                        long double relative) {
  for (const bool refined : {false, true}) {
    const Derivative d(text, x, refined);
    CAPTURE(text);
    CAPTURE(x);
    REQUIRE(d.difference.failure.empty());
    CHECK(d.error(truth) <= d.estimate().bound());
    if (refined) {
      CHECK(d.estimate().bound() <= relative * std::abs(truth));
    }
  }
}

}  // namespace

TEST_CASE(
    "differentiator: the first pass takes two probes, and four where an entry moves nothing") {
  CHECK(Derivative("L = exp(x)", 1).first_pass_probes == 2);
  CHECK(Derivative("L = exp(relu(x))", -1).first_pass_probes == 4);
}

TEST_CASE("differentiator: what moves nothing even from afar is 0, at its floor at once") {
  const Derivative dead("L = exp(relu(x))", -1);
  CHECK(dead.estimate().value == 0);
  CHECK(dead.difference.attainable[0] == dead.estimate().bound());
  const Derivative saturated("L = sigmoid(x)", 40);
  CHECK(saturated.difference.attainable[0] < saturated.estimate().bound());
}

TEST_CASE(
    "differentiator: the true derivative lies within the bound, which refinement makes small") {
  check_within_bound("L = exp(x)", 1, std::exp(1.0L), 1e-12L);
  check_within_bound("L = exp(20 * x)", 1, 20 * std::exp(20.0L), 1e-10L);
  check_within_bound("L = sin(100 * x)", 1, 100 * std::cos(100.0L), 1e-10L);
  check_within_bound("L = x ** 3", -2, 12, 1e-12L);
  check_within_bound("L = log(x)", 1e-8, 1e8L * (1e-8L / 1e-8L), 1e-7L);
  check_within_bound("L = 1 / x", 1e-3, -1e6L, 1e-7L);
  check_within_bound("L = sqrt(x)", 1e-12, 0.5e6L, 1e-7L);
}

TEST_CASE("differentiator: a loss offset costs digits, and the bound says how many") {
  const Derivative first("L = x ** 2 + 1e8", 3, false);
  CHECK(first.error(6) <= first.estimate().bound());
  const Derivative refined("L = x ** 2 + 1e8", 3, true);
  CHECK(refined.error(6) <= refined.estimate().bound());
  CHECK(refined.estimate().bound() < 1e-6L);
}

TEST_CASE("differentiator: what two large distances absorb is not taken for 0") {
  const Derivative lost("L = 1e100 * x + square(1e200 * x) * 1e50", 0);
  REQUIRE(lost.difference.failure.empty());
  CHECK(lost.error(1e100L) <= lost.estimate().bound());
}

TEST_CASE("differentiator: the scale of an input or of the loss does not matter") {
  for (const double c : {1e-8, 1.0, 1e8}) {
    const std::string scale = std::to_string(1 / c);
    const Derivative d("L = exp(x * " +
                           (c == 1e8 ? std::string("1e-8")
                            : c == 1 ? "1"
                                     : "1e8") +
                           ")",
                       c, true);
    CHECK(d.estimate().bound() < 1e-10L * std::abs(d.estimate().value));
    CHECK(d.error(std::exp(1.0L) / static_cast<long double>(c)) <
          1e-9L * std::abs(d.estimate().value));
  }
}

TEST_CASE("differentiator: a zero takes its step from what it moves") {
  const Derivative d("L = exp(1e9 * x)", 0, true);
  CHECK(d.error(1e9L) <= d.estimate().bound());
  CHECK(d.estimate().bound() < 1);
}

TEST_CASE("differentiator: at the edge of a domain the difference becomes one-sided") {
  const Derivative d("L = x * sqrt(x)", 0, true);
  CHECK(d.difference.side == 1);
  CHECK(d.difference.failure.empty());
}

TEST_CASE("differentiator: where no probe is finite, it says what it met") {
  const Derivative d("L = x + log(0 * x) * 0", 2);
  CHECK(d.difference.failure.find("not finite with x = ") == 0);
}

TEST_CASE("differentiator: the forward difference is the textbook's, with a bound that fits it") {
  DifferenceOptions options;
  options.forward_difference = true;
  options.step = 1e-4;
  const Derivative d("L = x ** 2", 3, true, options);
  CHECK(static_cast<double>(d.estimate().value) == doctest::Approx(6.0001).epsilon(1e-9));
  CHECK(d.error(6) <= d.estimate().bound());
  CHECK(d.estimate().bound() < 1e-3L);
}

TEST_CASE("differentiator: a fixed central step is kept") {
  DifferenceOptions options;
  options.step = 0.01;
  const Derivative d("L = x ** 3", 2, true, options);
  CHECK(static_cast<double>(d.estimate().value) == doctest::Approx(12.0001).epsilon(1e-9));
  CHECK(d.error(12) <= d.estimate().bound());
}

TEST_CASE("differentiator: a second look says what it sees itself, not what was seen before") {
  Derivative d("L = exp(x)", 1);
  d.difference.estimates[0] = {7, 0, 1e-9L};
  const Difference look = d.differentiator.independent_estimate(d.difference, 1);
  CHECK(std::abs(look.estimates[0].value - std::exp(1.0L)) <= look.estimates[0].bound());
}

TEST_CASE("differentiator: kinks inside a step change nothing") {
  const Derivative d("L = relu(x)", 1e-9, true);
  CHECK(d.error(1) <= d.estimate().bound());
  CHECK(d.estimate().bound() < 1e-9L);
}

TEST_CASE("differentiator: the base values come back exactly as they were") {
  const Network network = network_of("y = tanh(x @ W)\nL = sum(y ** 2)",
                                     {{"x", input(random_normal({3, 4}, 0, 1, 1))},
                                      {"W", parameter(random_normal({4, 5}, 0, 1, 2))}});
  const Values<double> before = forward<double>(network);
  const EvaluationPoint point = evaluate_point(network.graph(), before, 0);
  Evaluator<double> evaluator(network.graph(), point.values, point.active, ProbeScope::downstream);
  evaluator.aim(*network.find("W"), network.loss());
  for (std::size_t i = 0; i < 20; ++i) {
    evaluator.at(i, 0.1);
    CHECK(evaluator.value(*network.find("W")) == before[*network.find("W")]);
  }
}

TEST_CASE("evaluator: moves, downstream and everything give the same values") {
  const Network network = network_of("z = x @ W + b\ny = tanh(z)\nL = sum(y * y) + sum(W)",
                                     {{"x", input(random_normal({3, 4}, 0, 1, 1))},
                                      {"W", parameter(random_normal({4, 5}, 0, 1, 2))},
                                      {"b", parameter(random_normal({5}, 0, 1, 3))}});
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  for (const char* const name : {"W", "b", "x", "z"}) {
    const ValueId from = *network.find(name);
    std::vector<double> seen;
    for (const ProbeScope reach :
         {ProbeScope::everything, ProbeScope::downstream, ProbeScope::moves}) {
      Evaluator<double> evaluator(network.graph(), point.values, point.active, reach);
      evaluator.aim(from, network.loss());
      seen.push_back(evaluator.at(1, 0.37).data()[0]);
    }
    CHECK(seen[0] == seen[1]);
    CHECK(seen[2] == doctest::Approx(seen[0]).epsilon(1e-14));
  }
}
