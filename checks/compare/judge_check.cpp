#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/compare/judge.hpp>

using namespace gradcheck;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

Verdict verdict(Analytic analytic, Estimate numeric, Strictness strictness = {}) {
  return judge(analytic, numeric, strictness).verdict;
}

}  // namespace

TEST_CASE("judge: values within the tolerance agree, just outside of it they disagree") {
  CHECK(verdict({1.0, 0}, {1.0L, 0, 1e-9L}) == Verdict::agree);
  CHECK(verdict({1.0L + 0.99e-7L, 0}, {1.0L, 0, 0}) == Verdict::agree);
  CHECK(verdict({1.0L + 1.01e-7L, 0}, {1.0L, 0, 0}) == Verdict::disagree);
  CHECK(verdict({1.0L - 1.01e-7L, 0}, {1.0L, 0, 0}) == Verdict::disagree);
  CHECK(verdict({1.0L + 1.01e-7L, 0.02e-7L}, {1.0L, 0, 0}) == Verdict::agree);
  CHECK(verdict({1.0L + 1.01e-7L, 0}, {1.0L, 0.01e-7L, 0.01e-7L}) == Verdict::agree);
}

TEST_CASE("judge: the tolerance is relative, whatever the scale") {
  for (const long double c : {1e-300L, 1e-8L, 1.0L, 1e8L, 1e300L}) {
    CHECK(verdict({c * (1 + 1e-6L), 0}, {c, 0, 0}) == Verdict::disagree);
    CHECK(verdict({c * (1 + 1e-8L), 0}, {c, 0, 0}) == Verdict::agree);
    CHECK(verdict({-c, 0}, {c, 0, c * 1e-3L}) == Verdict::disagree);
  }
}

TEST_CASE("judge: a numeric value that is not sharp enough does not vouch") {
  CHECK(verdict({1.0, 0}, {1.0L, 1e-3L, 0}) == Verdict::inconclusive);
  CHECK(verdict({1.0, 0}, {1.0L, 1e-3L, 0}, {1e-7, 2e-13L, false}) == Verdict::inconclusive);
  CHECK(verdict({1.0, 0}, {1.0L, 0, 1e-3L}) == Verdict::inconclusive);
}

TEST_CASE("judge: at the rounding floor, rounding is accepted and truncation is not") {
  const Strictness floor{1e-7, 2e-13L, false};
  CHECK(verdict({1e-12L, 0}, {1.1e-12L, 0, 2e-13L}, floor) == Verdict::agree);
  CHECK(verdict({1e-12L, 0}, {1.1e-12L, 1.9e-13L, 2e-13L}, floor) == Verdict::agree);
  CHECK(verdict({1e-12L, 0}, {1.1e-12L, 2.1e-13L, 2e-13L}, floor) == Verdict::inconclusive);
  CHECK(verdict({3e-12L, 0}, {1.1e-12L, 0, 2e-13L}, floor) == Verdict::disagree);
}

TEST_CASE("judge: entries whose bound and rounding exceed a tenth of them are unresolved") {
  const Strictness floor{1e-7, 2e-13L, false};
  CHECK(judge({1e-12L, 0.06e-12L}, {1e-12L, 0, 0.05e-12L}, floor).unresolved);
  CHECK_FALSE(judge({1e-12L, 0.04e-12L}, {1e-12L, 0, 0.05e-12L}, floor).unresolved);
  CHECK(judge({0, 0}, {0, 0, 1e-15L}, floor).unresolved);
  CHECK(judge({0, 0}, {0, 0, 0}, floor).unresolved);
  CHECK(judge({1e-12L, 0}, {1e-12L, 0, 0.11e-12L}, floor).unresolved);
  CHECK_FALSE(judge({1e-12L, 0}, {1e-12L, 0, 0.09e-12L}, floor).unresolved);
}

TEST_CASE("judge: nothing that is not finite agrees") {
  CHECK(verdict({not_a_number, 0}, {1, 0, 0}) == Verdict::disagree);
  CHECK(verdict({infinite, 0}, {1, 0, 0}) == Verdict::disagree);
  CHECK(verdict({1, 0}, {static_cast<long double>(not_a_number), 0, 0}) == Verdict::inconclusive);
  CHECK(verdict({1, 0}, {1, static_cast<long double>(not_a_number), 0}) == Verdict::inconclusive);
  CHECK(verdict({infinite, 0}, {static_cast<long double>(infinite), 0, 0}) != Verdict::agree);
  CHECK(verdict({not_a_number, 0}, {static_cast<long double>(not_a_number), 0, 0}) !=
        Verdict::agree);
  CHECK(verdict({1, 0}, {1, static_cast<long double>(infinite), 0}) == Verdict::inconclusive);
  CHECK(verdict({not_a_number, not_a_number}, {1, 0, 0}, {1e-7, 0, true}) == Verdict::disagree);
}

TEST_CASE("judge: a method that the user fixed is judged by its own bound, whatever its size") {
  const Strictness fixed{1e-7, 0, true};
  CHECK(verdict({1.0, 0}, {1.001L, 2e-3L, 0}, fixed) == Verdict::agree);
  CHECK(verdict({1.0, 0}, {1.003L, 2e-3L, 0}, fixed) == Verdict::disagree);
}

TEST_CASE("relative error: of the larger value, 0 for two zeros, NaN for a NaN") {
  CHECK(relative_error(1, 2) == 0.5);
  CHECK(relative_error(-1, 1) == 2);
  CHECK(relative_error(0, 0) == 0);
  CHECK(relative_error(0, 1e-300L) == 1);
  CHECK(std::isnan(relative_error(not_a_number, 1)));
  CHECK(std::isinf(relative_error(infinite, 1)));
}
