#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/sweep/stages.hpp>
#include <gradcheck/numeric/sweep/structure_test.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// h0 = tanh(x), h1 = tanh(h0), …, h twice the last.
Network tower(std::size_t height, const std::string& last = "L = l2(h)") {
  std::string text = "h0 = tanh(x)\n";
  for (std::size_t k = 1; k < height; ++k) {
    text += "h" + std::to_string(k) + " = tanh(h" + std::to_string(k - 1) + ")\n";
  }
  text += "h = 2 * h" + std::to_string(height - 1) + "\n" + last;
  return network_of(text, {{"x", parameter(random_normal({3, 4}, 0, 1, 1))}});
}

ValueId end_from(const Network& network, const std::string& from) {
  return Stages(network.graph(), network.loss()).from(*network.find(from)).end;
}

}  // namespace

TEST_CASE("stages: a stage ends after some layers where one value is all that goes on") {
  const Network network = tower(30);
  CHECK(network.value(end_from(network, "x")).name == "h7");
  CHECK(network.value(end_from(network, "h7")).name == "h15");
  CHECK(end_from(network, "h27") == network.loss());
}

TEST_CASE("stages: where another way leads past, a stage goes on to where both meet") {
  const Network network = tower(30, "s = h + h1\nL = l2(s)");
  CHECK(network.value(end_from(network, "x")).name == "s");
  CHECK(network.value(end_from(network, "h1")).name == "s");
  CHECK(network.value(end_from(network, "h2")).name == "h10");
}

TEST_CASE("stages: a stage has the nodes between its ends, and no others") {
  const Network network = tower(30, "s = h + h1\nL = l2(s) + sum(0 * (h0 > 1))");
  const Stages stages(network.graph(), network.loss());
  for (const std::string from : {"x", "h2", "h10", "s"}) {
    CAPTURE(from);
    const ValueId start = *network.find(from);
    const Stage stage = stages.from(start);
    CHECK(stage.nodes == nodes_between(network.graph(), start, stage.end));
  }
}

TEST_CASE("stages: derivatives that are not those of a value contradict its directions") {
  const Network network = tower(4);
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  const Values<double> gradients =
      backward<double>(network, point.values, network.loss(), scalar<double>(1));
  const ValueId x = *network.find("x"), end = *network.find("h2");
  Evaluator<double> evaluator(network.graph(), point.values, point.active, ProbeScope::moves);
  evaluator.aim(x, end);
  LoneEntries lone(evaluator, point, x, end);
  StructureTest test(network.graph(), point, 0);
  NumericGradient<double> derivatives = zero_gradient<double>({3, 4});
  derivatives.value = derivatives.coarser = gradients[x];
  CHECK(test.directions_agree(x, lone, gradients[end], derivatives).empty());
  derivatives.value.data()[5] *= 1.001;
  derivatives.coarser = derivatives.value;
  CHECK(test.directions_agree(x, lone, gradients[end], derivatives).find("random direction") !=
        std::string::npos);
}
