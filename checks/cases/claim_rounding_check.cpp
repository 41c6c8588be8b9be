// Printed zeros, and other values, that double reaches only to within its rounding.

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

void check_right(const std::string& text) {
  const CaseReport report = run(text);
  CAPTURE(text);
  CHECK(report.verdict == Verdict::agree);
  for (const ClaimReport& claim : report.claims) {
    CHECK(claim.verdict == ClaimVerdict::right);
  }
}

std::string cancelling(const std::string& scale, const std::string& claims) {
  return "network = 'd = p - q - r'\n[parameters]\np = 0.9" + scale + "\nq = 0.6" + scale +
         "\nr = 0.3" + scale + "\n" + claims;
}

}  // namespace

TEST_CASE("claims: a printed zero is right where the computed value is only rounding") {
  check_right(cancelling("", "[claims.forward]\nd = 0\n"));
  check_right(cancelling("", "[claims.forward]\nd = \"0 * p\"\n"));
  check_right(
      "network = 'u = mean(w) - 0.4; L = u + sum(w)'\n[parameters]\nw = [0.1, 0.5, 0.6]\n"
      "[claims.forward]\nu = 0\n");
}

TEST_CASE("claims: a zero is right where a gradient, an update or a change is only rounding") {
  check_right(
      "network = 'L = cos(a) + b'\n[inputs]\na = \"2 * pi\"\nb = 1\n"
      "[claims.gradient]\na = 0\n");
  check_right(
      "network = 'L = w * x'\n[inputs]\nx = 0.7\n[parameters]\nw = 0.07\n"
      "[update]\nlearning_rate = 0.1\n[claims.updated]\nw = 0.0\n");
  check_right(
      "network = 'L = (w - 0.7) * x + w - 0.3 * w'\n[inputs]\nx = -0.7\n[parameters]\n"
      "w = 3\n[update]\nlearning_rate = 0.1\n[claims.change]\nw = 0\n"
      "[claims.gradient]\nw = 0\nx = 2.3\n");
}

TEST_CASE("claims: at a least-squares optimum zeros are right, in a claim and in a derivation") {
  check_right(R"(network = '''
e = A @ v - b
J = e @ e / 2
'''
[inputs]
A = [[1, 0], [1, 2], [1, 5]]
b = [1, 1, 4]
[parameters]
v = "[10/19, 12/19]"
[claims.gradient]
v = { zeros = [2] }
[derivation]
steps = "dv = 0 * v"
)");
}

TEST_CASE("claims: zero is wrong for what is small but no rounding") {
  const CaseReport tiny = run(cancelling("e-300", "[claims.forward]\nd = 0\np = 0\n"));
  CHECK(tiny.claims[0].verdict == ClaimVerdict::right);
  CHECK(tiny.claims[1].verdict == ClaimVerdict::wrong);
  CHECK(run("network = 'y = exp(x)'\n[inputs]\nx = -690\n[claims.forward]\ny = 0\n").verdict ==
        Verdict::disagree);
  CHECK(run("network = 'y = 1 - x'\n[inputs]\nx = 0.99999999999\n[claims.forward]\ny = 0\n")
            .verdict == Verdict::disagree);
}

TEST_CASE("claims: a jump at a kink is no rounding") {
  const CaseReport report =
      run("network = 's = p + q; L = relu(s - 0.8) + p'\n[parameters]\n"
          "p = 0.1\nq = 0.7\n[claims.gradient]\ns = 7\n");
  CHECK(report.claims[0].verdict == ClaimVerdict::wrong);
}

TEST_CASE("claims: generators of equal entries may be claimed") {
  const std::string network = "network = 'y = 2 * x; L = sum(y)'\n[inputs]\nx = [1, 1]\n";
  const auto verdict = [&](const std::string& value) {
    return run(network + "[claims.forward]\ny = " + value + "\n").claims[0].verdict;
  };
  CHECK(verdict("{ full = [2], value = 2 }") == ClaimVerdict::right);
  CHECK(verdict("{ full = [2], value = 1.7 }") == ClaimVerdict::wrong);
  CHECK(verdict("{ ones = [2] }") == ClaimVerdict::wrong);
  CHECK(verdict("{ full = [3], value = 2 }") == ClaimVerdict::wrong);
  CHECK(run_error(network + "[claims.forward]\ny = { ones = [2], value = 1 }\n") ==
        "5:19: claims.forward.y: unknown key 'value', expected ones");
}

TEST_CASE("claims: what is computed has the digits that show the difference") {
  const auto text = [](const std::string& x, const std::string& claim) {
    const CaseReport report = run("network = 'y = x * 1'\n[inputs]\nx = " + x +
                                  "\n[claims.forward]\ny = " + claim + "\n");
    return report.claims.at(0).findings.at(0).computed_text;
  };
  CHECK(text("3.0000004", "3") == "3.0000004");
  CHECK(text("1.5", "1.4") == "1.5");
  CHECK(text("12345678", "12345679") == "12345678");
  CHECK(text("0.123456789", "0.1234560") == "0.123456789");
  const CaseReport formula =
      run("network = 'y = x * 1.0000003'\n[inputs]\nx = 5\n"
          "[claims.forward]\ny = \"x\"\n");
  CHECK(formula.claims[0].findings[0].computed_text == "5.0000015");
}

TEST_CASE("claims: with strict, one unit of the last digit is wrong") {
  const std::string text = "network = 'y = x * 1'\n[inputs]\nx = 0.128\n[claims]\nstrict = ";
  CHECK(run(text + "false\n[claims.forward]\ny = 0.12\n").claims[0].last_digit == 1);
  CHECK(run(text + "true\n[claims.forward]\ny = 0.12\n").claims[0].wrong == 1);
  CHECK(run(text + "true\n[claims.forward]\ny = 0.13\n").claims[0].right == 1);
}
