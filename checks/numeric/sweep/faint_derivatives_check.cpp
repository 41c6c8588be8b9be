#include <numeric>

#include <doctest/doctest.h>
#include <network/program.hpp>
#include <numeric/sweep/swept.hpp>

#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// Checks that all derivatives of W are within bounds, which are small beside them.
void check_bounds(const Network& network) {
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  const Values<long double> truth =
      backward<long double>(network, point.long_values(), network.loss(), scalar<long double>(1));
  const ValueId W = *network.find("W");
  ReverseSweep sweep(network.graph(), point, 0);
  std::optional<std::vector<Estimate>> found = swept(sweep, W, network.loss(), 0);
  REQUIRE(found.has_value());
  std::vector<std::size_t> all(truth[W].size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (const bool refined : {false, true}) {
    CAPTURE(refined);
    const std::vector<Estimate> derivatives = refined ? sweep.refine(W, all) : *found;
    REQUIRE(derivatives.size() == all.size());
    for (const std::size_t i : all) {
      const long double right = truth[W].data()[i];
      CAPTURE(i);
      CHECK(std::abs(derivatives[i].value - right) <= derivatives[i].bound());
      CHECK(derivatives[i].bound() <= 1e-7L * std::abs(right));
    }
  }
}

}  // namespace

TEST_CASE("sweep: bounds hold where the squares of roundings are too small for a double") {
  for (const char* scale : {"1e-140", "1e-155", "1e-170", "1e-280"}) {
    CAPTURE(scale);
    const std::string scaled = std::string(scale) + " * softmax_cross_entropy(tanh(x @ W), t)";
    for (const std::string& text : {"L = " + scaled, "L = 1 + " + scaled}) {
      check_bounds(network_of(text, {{"x", input(random_normal({6, 4}, 0, 1, 1))},
                                     {"W", parameter(random_normal({4, 3}, 0, 1, 2))},
                                     {"t", input(random_integers({6}, 0, 3, 3))}}));
    }
  }
}
