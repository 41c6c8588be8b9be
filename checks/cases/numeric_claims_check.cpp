#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

// L = x³ at 2: the derivative is 12; with h = 0.1 (2.1³ - 8) / 0.1 = 12.61 forward, and
// (2.1³ - 1.9³) / 0.2 = 12.01 centrally; (12.01 - 12) / 12.01 = 8.33e-4.
CaseReport cube(const std::string& numeric) {
  return run("network = 'L = x ** 3'\n[inputs]\nx = 2\n[claims.numeric]\n" + numeric);
}

}  // namespace

TEST_CASE("claims.numeric: what a source got by differences is judged by the same differences") {
  CHECK(cube("step = 0.1\ngradient.x = 12.01\nrelative_error.x = 8.33e-4\n").verdict ==
        Verdict::agree);
  CHECK(cube("step = 0.1\nmethod = 'forward'\ngradient.x = 12.61\n").verdict == Verdict::agree);
  const CaseReport wrong = cube("step = 0.1\ngradient.x = 12.61\nrelative_error.x = 1e-9\n");
  CHECK(wrong.claims.at(0).wrong == 1);
  CHECK(wrong.claims[0].kind == "numeric.gradient");
  CHECK(wrong.claims.at(1).wrong == 1);
}

TEST_CASE("claims.numeric: errata name them, and mistakes are refused") {
  CHECK(cube("step = 0.1\ngradient.x = 13\n[errata]\n'numeric.gradient.x' = 'a slip'\n").verdict ==
        Verdict::agree);
  CHECK(run_error("network = 'L = x'\n[inputs]\nx = 1\n[claims.numeric]\ngradient.x = 1\n") ==
        "4:9: claims.numeric: key 'step' is missing");
  CHECK(run_error("network = 'L = x'\n[inputs]\nx = 1\n[claims.numeric]\nstep = 1\n"
                  "gradient.y = 1\n") == "6:10: unknown name 'y'");
}
