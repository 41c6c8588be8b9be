#include <doctest/doctest.h>

#include <gradcheck/compare/convex_combination.hpp>

using namespace gradcheck;

namespace {

/// ReLU at 0 with upstream u: derivatives 0 and u.
SiteDerivatives relu_site(std::size_t unknown, long double u) { return {{unknown}, {{0}, {u}}, 0}; }

}  // namespace

TEST_CASE("mixture: a slope between the one-sided ones is met exactly") {
  const auto weights = fit_combinations({relu_site(0, 2)}, {0.5L});
  CHECK(weights[0][1] == doctest::Approx(0.25));
  CHECK(fit_combinations({relu_site(0, 2)}, {2})[0] == std::vector<double>{0, 1});
  CHECK(fit_combinations({relu_site(0, -3)}, {-3})[0] == std::vector<double>{0, 1});
}

TEST_CASE("mixture: a slope outside of the one-sided ones is met as nearly as they allow") {
  CHECK(fit_combinations({relu_site(0, 2)}, {5})[0] == std::vector<double>{0, 1});
  CHECK(fit_combinations({relu_site(0, 2)}, {-1})[0] == std::vector<double>{1, 0});
}

TEST_CASE("mixture: both sides of a tie cannot have the full gradient") {
  // maximum(a, b) at a = b, piece 0: (1, 0), piece 1: (0, 1); the analytic side gives (1, 1), that
  // is (0, 1) in excess.
  const SiteDerivatives tie{{0, 1}, {{1, 0}, {0, 1}}, 0};
  const auto weights = fit_combinations({tie}, {0, 1});
  CHECK(weights[0][0] + weights[0][1] == doctest::Approx(1));
  CHECK(weights[0][1] == doctest::Approx(0.5));
  CHECK(fit_combinations({tie}, {-0.5L, 0.5L})[0][1] == doctest::Approx(0.5));
}

TEST_CASE("mixture: three tied entries may share the gradient in any proportion") {
  const SiteDerivatives tie{{0, 1, 2}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, 0};
  const auto weights = fit_combinations({tie}, {-2.0L / 3, 1.0L / 3, 1.0L / 3});
  for (const double w : weights[0]) {
    CHECK(w == doctest::Approx(1.0 / 3));
  }
}

TEST_CASE("mixture: sites that share an entry are fitted together") {
  // Two hinges at their margin read the same score with derivatives -1 each; the analytic side has
  // one of them on.
  const SiteDerivatives first{{0, 1}, {{0, 0}, {-1, 1}}, 0};
  const SiteDerivatives second{{0, 2}, {{0, 0}, {-1, 1}}, 0};
  const auto weights = fit_combinations({first, second}, {-1, 1, 0});
  CHECK(weights[0] == std::vector<double>{0, 1});
  CHECK(weights[1] == std::vector<double>{1, 0});
}

TEST_CASE("mix: pure weights give one part, others as many as there are changes of mind") {
  const ConvexCombination pure = mix({0, 0, 1}, {1}, {{0, 1}}, {{0, 1}});
  REQUIRE(pure.parts.size() == 1);
  CHECK(pure.parts[0].weight == 1);
  CHECK(pure.parts[0].branches == Branches{0, 1, 1});
  const ConvexCombination half = mix({0, 0}, {0, 1}, {{0, 1}, {0, 1}}, {{0.5, 0.5}, {0.25, 0.75}});
  REQUIRE(half.parts.size() == 3);
  double first = 0, second = 0, total = 0;
  for (const ConvexCombination::Part& part : half.parts) {
    total += part.weight;
    first += part.weight * part.branches[0];
    second += part.weight * part.branches[1];
  }
  CHECK(total == doctest::Approx(1));
  CHECK(first == doctest::Approx(0.5));
  CHECK(second == doctest::Approx(0.75));
}
