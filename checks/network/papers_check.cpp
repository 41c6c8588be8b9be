// What people paste: names of any script, the signs of papers, Python's words.

#include <string>

#include <doctest/doctest.h>

#include <gradcheck/network/names.hpp>
#include <gradcheck/network/syntax.hpp>

#include "cases/run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

std::string read(const std::string& text) { return to_string(parse_expression(text)); }

std::string refused(const std::string& text) {
  return error_of([&] { parse_expression(text); });
}

double loss_of(const std::string& expression, const std::string& given) {
  const CaseOutcome outcome =
      check_case(parse_case_file("network = \"L = " + expression + "\"\n[inputs]\n" + given), {});
  return outcome.values[outcome.network.loss()].data()[0];
}

}  // namespace

TEST_CASE("names: letters of any script, marks, digits and subscripts") {
  for (const std::string name : {"x", "_a1", "δ", "W₁", "예측", "ŷ", "y\u0302", "Δw₁₂", "वजन"}) {
    CAPTURE(name);
    CHECK(is_name(name));
    CHECK(read(name) == normal_name(name));
  }
  for (const std::string name : {"", "1x", "₁x", "x-y", "xᵀ", "a b", "\xFF", "x\xCC"}) {
    CAPTURE(name);
    CHECK(!is_name(name));
  }
}

TEST_CASE("names: are compared as characters, however these are typed") {
  CHECK(normal_name("y\u0302") == normal_name("\u0177"));
  CHECK(read("x₁ + x1") == "x₁ + x1");
  const CaseReport report =
      run("network = \"손실 = (예측 - e\u0301) ** 2\"\n[inputs]\n\"\u00e9\" = 1\n"
          "[parameters]\n\"예측\" = 3\n[claims.gradient]\n\"예측\" = 4\n"
          "[derivation]\nsteps = \"d예측 = 2 * (예측 - \u00e9)\"\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.derivation.at(0).name == "예측");
}

TEST_CASE("network language: the signs of papers mean what they mean there") {
  CHECK(read("a − b × c ⊙ d") == "a - b * c * d");
  CHECK(read("Wᵀ @ x") == "W.T @ x");
  CHECK(read("W^T @ x") == "W.T @ x");
  CHECK(read("x² + y³") == "x ** 2 + y ** 3");
  CHECK(read("-x²") == "-x ** 2");
  CHECK(refused("a · b") ==
        "1:3: unknown character '·': a product is written *, or @ for matrices");
  CHECK(refused("a ^ 2") ==
        "1:3: unknown character '^': a power is written **, a transpose .T or ^T");
  CHECK(refused("W^Tx") ==
        "1:2: unknown character '^': a power is written **, a transpose .T or ^T");
}

TEST_CASE("network language: Python's words and tuples where they are unmistakable") {
  CHECK(read("sum(x, axis=None)") == "sum(x)");
  CHECK(read("sum(x, axis=(0, 1), keepdims=True)") == "sum(x, axis=[0, 1], keepdims=true)");
  CHECK(read("[1., 2.]") == "[1, 2]");
  CHECK(read("(0, 1)") == "[0, 1]");
}

TEST_CASE("network language: where is judged on the branch that is taken") {
  const CaseReport report =
      run("network = 'L = sum(where(t > 0, t * log(t), 0))'\n[inputs]\nt = [0, 2, 0, 0.5]\n"
          "[claims.gradient]\nt = [0, 1.693, 0, 0.307]\n[claims.forward]\nL = 1.04\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.claims.at(0).wrong == 0);
  CHECK(run("network = 'L = sum(where(t <= 0, 0 * t, 1 / t))'\n[inputs]\nt = [0, 2]\n"
            "[claims.gradient]\nt = [0, -0.25]\n")
            .verdict == Verdict::agree);
}

TEST_CASE("network language: a constant base, and a look-up by a name") {
  CHECK(loss_of("2 ** x", "x = 3\n") == doctest::Approx(8).epsilon(1e-14));
  CHECK(run("network = 'L = 2 ** x'\n[inputs]\nx = 3\n[claims.gradient]\nx = 5.545\n").verdict ==
        Verdict::agree);
  CHECK(run_error("network = 'L = (-2) ** x'\n[inputs]\nx = 3\n") ==
        "1:24: '**' has exponent 'x', expected a constant number, or a constant base above 0");
  CHECK(run("network = 'r = E[words]; L = sum(r * [[1, 2], [3, 4]])'\n[inputs]\nwords = [2, 0]\n"
            "[parameters]\nE = [[1, 2], [3, 4], [5, 6]]\n[claims.forward]\nr = [[5, 6], [1, 2]]\n"
            "[claims.gradient]\nE = [[3, 4], [0, 0], [1, 2]]\n")
            .verdict == Verdict::agree);
}
