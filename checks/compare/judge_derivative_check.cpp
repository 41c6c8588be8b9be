#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/compare/judge_derivative.hpp>

using namespace gradcheck;

namespace {

Derivative smooth(double value, double bound) {
  Derivative d;
  d.seen = Seen::smooth;
  d.value = value;
  d.rounding = bound;
  return d;
}

}  // namespace

TEST_CASE("judge a derivative: agree only within a bound of half a percent") {
  CHECK(judge(1.0005, 0, smooth(1, 0.004), 1e-7).verdict == Verdict::agree);
  CHECK(judge(1.0005, 0, smooth(1, 0.006), 1e-7).verdict == Verdict::inconclusive);
  CHECK(judge(1.0005, 0.002, smooth(1, 0.004), 1e-7).verdict == Verdict::inconclusive);
  const Judgement unresolved = judge(0, 0, smooth(1e-12, 1e-11), 1e-7);
  CHECK(unresolved.verdict == Verdict::agree);
  CHECK(unresolved.unresolved);
}

TEST_CASE(
    "judge a derivative: disagree beyond bound, rounding and rtol, unless a plateau explains it") {
  CHECK(judge(1.01, 0, smooth(1, 0.004), 1e-7).verdict == Verdict::disagree);
  CHECK(judge(1.01, 0.007, smooth(1, 0.004), 1e-7).verdict == Verdict::inconclusive);
  CHECK(judge(1.01, 0, smooth(1, 0.004), 1e-2).verdict == Verdict::agree);
  Derivative d = smooth(1, 0.004);
  d.others.push_back({.value = 1.01, .rounding = 0.001});
  CHECK(judge(1.01, 0, d, 1e-7).verdict == Verdict::inconclusive);
}

TEST_CASE("judge a derivative: what is not finite never agrees, a kink is not judged here") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(judge(nan, 0, smooth(1, 0.1), 1e-7).verdict == Verdict::disagree);
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK(judge(infinite, 0, smooth(1, 0.1), 1e-7).verdict == Verdict::disagree);
  CHECK(judge(-infinite, 0, smooth(0, infinite), 1e-7).verdict == Verdict::inconclusive);
  Derivative kink = smooth(0.5, 0);
  kink.seen = Seen::kink;
  CHECK(judge(0.5, 0, kink, 1e-7).verdict == Verdict::inconclusive);
  CHECK(judge(0.5, 0, Derivative{}, 1e-7).verdict == Verdict::inconclusive);
}

TEST_CASE("judge a derivative: two ladders must both disagree, and only a sharper one acquits") {
  const Derivative sharp = smooth(1, 1e-6), blunt = smooth(1.0001, 1e-3);
  CHECK(judge(2, 0, sharp, blunt, 1e-7).verdict == Verdict::disagree);
  CHECK(judge(1.0001, 0, sharp, blunt, 1e-7).verdict == Verdict::inconclusive);
  CHECK(judge(1, 0, blunt, sharp, 1e-7).verdict == Verdict::agree);
  CHECK(judge(1.002, 0, smooth(1, 1e-3), smooth(1.002, 1e-4), 1e-7).verdict == Verdict::agree);
}
