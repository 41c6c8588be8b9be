#include <string>

#include <defects/opaque/cure.hpp>
#include <doctest/doctest.h>

using namespace gradcheck;
using namespace gradcheck::defects::opaque;

namespace {

Report saying(const std::string& text) {
  Report report;
  report.cases.emplace_back();
  report.cases[0].tensors.emplace_back();
  report.cases[0].tensors[0].reason = text;
  return report;
}

}  // namespace

TEST_CASE("opaque corpus: advice is read from a report's text") {
  CHECK(advice_in(saying("forward is a staircase of 1e-9; step = 1e-3 would do")).step == 1e-3);
  CHECK(advice_in(saying("with a step of 0.25 and rtol = 1e-4")).step == 0.25);
  CHECK(advice_in(saying("with a step of 0.25 and rtol = 1e-4")).rtol == 1e-4);
  CHECK(advice_in(saying("x lies on a kink: move x off the kink")).move_point);
  CHECK_FALSE(advice_in(saying("grow as the step shrinks: a jump or a cusp")).any());
}
