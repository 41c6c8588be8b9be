#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/sweep/tie_derivatives.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// Of x and a row that broadcasts onto it: integers of a small range, so that many are equal.
Network with_ties(const std::string& expression, const Shape& x) {
  return network_of("y = " + expression + "\nL = sum(y)",
                    {{"x", parameter(random_integers(x, -1, 2, 7))},
                     {"r", parameter(random_integers({x.back()}, -1, 2, 8))}});
}

/// Derivatives at all ties of y, found together, are those found one by one; returns how many ties
/// there are.
std::size_t check_together(const std::string& expression, const Shape& shape) {
  CAPTURE(expression);
  const Network network = with_ties(expression, shape);
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  std::vector<Tie> ties;
  for (const NodeTie& each : point.ties) {
    REQUIRE(each.node == 0);
    ties.push_back(each.tie);
  }
  Tensors<double> upstream;
  for (const ValueId output : network.nodes()[0].outputs) {
    upstream.push_back(random_normal(network.value(output).shape, 0, 1, 9));
  }
  const TieDerivatives together(network.graph(), point, 0, ties, upstream);
  for (const Tie& tie : ties) {
    const OneSidedDerivatives all = together.at(tie);
    const OneSidedDerivatives alone =
        one_sided_derivatives(network.graph(), point, {0, tie}, upstream);
    CHECK(all.chosen == alone.chosen);
    for (std::size_t piece = 0; piece < tie.pieces.size(); ++piece) {
      for (std::size_t e = 0; e < tie.entries.size(); ++e) {
        CHECK(static_cast<double>(all.by_piece[piece][e]) ==
              doctest::Approx(static_cast<double>(alone.by_piece[piece][e])).epsilon(1e-10));
        CHECK(static_cast<double>(together.along_own_branches(tie.entries[e])) ==
              doctest::Approx(static_cast<double>(alone.by_piece[alone.chosen][e])).epsilon(1e-10));
      }
    }
  }
  return ties.size();
}

}  // namespace

TEST_CASE("ties: derivatives found together are those found one by one") {
  CHECK(check_together("max_pool2d(x, 2)", {2, 6, 8}) > 5);
  CHECK(check_together("max_pool2d(x, 3, stride=1, padding=1)", {2, 4, 5}) > 5);
  CHECK(check_together("relu(x)", {5, 6}) > 2);
  CHECK(check_together("leaky_relu(x, 0.25)", {5, 6}) > 2);
  CHECK(check_together("maximum(x, r)", {5, 6}) > 2);
  CHECK(check_together("minimum(x, x)", {5, 6}) > 2);
  CHECK(check_together("huber(x, x, reduction=\"none\")", {3, 5}) == 0);
}

TEST_CASE("ties: sites that govern no output of their own are taken one by one") {
  CHECK(check_together("sort(x)", {5, 6}) > 2);
  CHECK(check_together("max(x, axis=0)", {5, 6}) > 2);
  CHECK(check_together("l1(x)", {5, 6}) > 2);
}
