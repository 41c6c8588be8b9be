#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

// The verdict of a claim about y = x, where x is given as an expression.
ClaimVerdict verdict(const std::string& x, const std::string& printed,
                     const std::string& tolerance = "") {
  const std::string claims = tolerance.empty() ? "" : "[claims]\ntolerance = " + tolerance + "\n";
  const CaseReport report = run("network = 'y = 1 * x'\n[inputs]\nx = \"" + x + "\"\n" + claims +
                                "[claims.forward]\ny = " + printed + "\n");
  return report.claims.at(0).verdict;
}

constexpr ClaimVerdict right = ClaimVerdict::right;
constexpr ClaimVerdict last_digit = ClaimVerdict::last_digit;
constexpr ClaimVerdict wrong = ClaimVerdict::wrong;

struct Row {
  std::string x;
  std::string printed;
  ClaimVerdict verdict;
};

}  // namespace

TEST_CASE("claims: a number is right within half a unit of its last digit, ends included") {
  for (const Row& row : std::vector<Row>{
           {"0.96", "0.96", right},
           {"0.965", "0.96", right},
           {"0.955", "0.96", right},
           {"0.9649999", "0.96", right},
           {"0.9650001", "0.96", last_digit},
           {"0.9549999", "0.96", last_digit},
           {"-0.965", "-0.96", right},
           {"-0.9650001", "-0.96", last_digit},
           {"0.0005", "1e-3", right},
           {"0.0015", "1e-3", right},
           {"0.0015001", "1e-3", wrong},
           {"1250", "1.2e3", right},
           {"1250.1", "1.2e3", last_digit},
           {"0.05", "0.0", right},
           {"0.0500001", "0.0", wrong},
           {"0.965", "-0.96", wrong},
       }) {
    CAPTURE(row.x);
    CAPTURE(row.printed);
    CHECK(verdict(row.x, row.printed) == row.verdict);
  }
}

TEST_CASE("claims: one unit too far is last_digit, if two significant digits are printed") {
  for (const Row& row : std::vector<Row>{
           {"0.97", "0.96", last_digit},
           {"0.95", "0.96", last_digit},
           {"0.9700001", "0.96", wrong},
           {"0.9499999", "0.96", wrong},
           {"0.6", "0.5", wrong},
           {"0.06", "0.05", wrong},
           {"0.051", "0.050", last_digit},
           {"1.1", "1.0", last_digit},
           {"2.10001", "2.0", wrong},
       }) {
    CAPTURE(row.x);
    CAPTURE(row.printed);
    CHECK(verdict(row.x, row.printed) == row.verdict);
  }
}

TEST_CASE("claims: an integer is exact, but for our own rounding") {
  for (const Row& row : std::vector<Row>{
           {"456", "456", right},
           {"457", "456", wrong},
           {"456.4", "456", wrong},
           {"456 * (1 + 0.99e-9)", "456", right},
           {"456 * (1 + 1.01e-9)", "456", wrong},
           {"-456 * (1 + 0.99e-9)", "-456", right},
           {"0", "0", right},
           {"1e-300", "0", wrong},
       }) {
    CAPTURE(row.x);
    CAPTURE(row.printed);
    CHECK(verdict(row.x, row.printed) == row.verdict);
  }
}

TEST_CASE("claims: the slack for our own rounding is 1e-9 of the tensor's largest entry") {
  CHECK(verdict("[1000, 0.99e-6]", "[1000, 0]") == right);
  CHECK(verdict("[1000, 1.01e-6]", "[1000, 0]") == wrong);
  CHECK(verdict("[1e-8, 1.01e-6]", "[0, 0]") == wrong);
  // The scale is that of the whole tensor, also where one entry of it is claimed.
  const auto entry = [](const std::string& x) {
    return run("network = 'y = 1 * x'\n[inputs]\nx = \"[1000, " + x +
               "]\"\n[claims.forward]\n\"y[1]\" = 0\n")
        .claims[0]
        .verdict;
  };
  CHECK(entry("0.99e-6") == right);
  CHECK(entry("1.01e-6") == wrong);
}

TEST_CASE("claims: a tolerance takes the place of the half unit, and of last_digit") {
  CHECK(verdict("0.965", "0.96", "0.001") == wrong);
  CHECK(verdict("0.9609999", "0.96", "0.001") == right);
  CHECK(verdict("0.99", "0.96", "0.03") == right);
  CHECK(verdict("0.9900001", "0.96", "0.03") == wrong);
  CHECK(verdict("457", "456", "1") == right);
  CHECK(verdict("456.1", "456", "0") == wrong);
  CHECK(verdict("456.1", "\"456\"", "0.1") == right);
}

TEST_CASE("claims: LaTeX keeps its printed digits, and its factor widens them") {
  const auto vector = [](const std::string& factor, const std::string& a) {
    return "'" + factor + "\\begin{pmatrix} " + a + " \\end{pmatrix}'";
  };
  CHECK(verdict("[0.965, 2]", vector("", "0.96 \\\\ 2")) == right);
  CHECK(verdict("[0.9651, 2]", vector("", "0.96 \\\\ 2")) == last_digit);
  // 2 · 0.96 is within 2 · 0.005.
  CHECK(verdict("[1.93, 4]", vector("2", "0.96 \\\\ 2")) == right);
  CHECK(verdict("[1.9301, 4]", vector("2", "0.96 \\\\ 2")) == last_digit);
  CHECK(verdict("[38/3, 2/3]", vector("\\frac{1}{3}", "38 \\\\ 2")) == right);
  CHECK(verdict("[38/3 + 1e-6, 2/3]", vector("\\frac{1}{3}", "38 \\\\ 2")) == wrong);
  CHECK(verdict("2/3", "'\\frac{2}{3}'") == right);
  CHECK(verdict("0.6667", "'\\frac{2}{3}'") == wrong);
}

TEST_CASE("claims: a formula is compared at rtol, entry by entry") {
  const auto judged = [](const std::string& claim, const std::string& rtol) {
    return run("network = 'y = 1 * x'\n[settings]\nrtol = " + rtol +
               "\n[inputs]\nx = [3, 4]\n[claims.forward]\n" + claim)
        .claims[0];
  };
  CHECK(judged("y = \"x\"", "1e-7").verdict == right);
  CHECK(judged("y = \"x * (1 + 0.9e-3)\"", "1e-3").verdict == right);
  CHECK(judged("y = \"x * (1 + 1.1e-3)\"", "1e-3").wrong == 2);
  CHECK(judged("y = \"x * (1 + 1.1e-3)\"", "1e-3").last_digit == 0);
  CHECK(judged("\"y[1]\" = \"sum(x) - 3\"", "1e-7").verdict == right);
  CHECK(judged("y = \"[3, 5]\"", "1e-7").wrong == 1);
  CHECK(judged("y = \"x / 0\"", "1e-7").wrong == 2);
  CHECK(judged("y = \"log(-x)\"", "1e-7").findings[0].printed == "NaN");
  CHECK(judged("y = \"log(-x)\"", "1e-7").wrong == 2);
}

TEST_CASE("claims: axes of size 1 are ignored, any other difference in shape is wrong") {
  for (const Row& row : std::vector<Row>{
           {"[[1, 2]]", "[1, 2]", right},
           {"[1, 2]", "[[1], [2]]", right},
           {"[[1], [2]]", "[[1, 2]]", right},
           {"[[5]]", "5", right},
           {"5", "[[[5]]]", right},
           {"[1, 2]", "[1, 2, 3]", wrong},
           {"[1, 2]", "1", wrong},
           {"[[1, 2], [3, 4]]", "[1, 2, 3, 4]", wrong},
           {"[[1, 2, 3], [4, 5, 6]]", "[[1, 4], [2, 5], [3, 6]]", wrong},
       }) {
    CAPTURE(row.x);
    CAPTURE(row.printed);
    CHECK(verdict(row.x, row.printed) == row.verdict);
  }
}

TEST_CASE("claims: a wrong shape is one finding, and the rest of the file is still checked") {
  const CaseReport report = run(
      product_case("[claims.forward]\nz = [2, -2, 1]\nL = 5.0\n[claims.gradient]\nz = [1, -3]"));
  REQUIRE(report.claims.size() == 3);
  CHECK(report.claims[0].wrong == 1);
  CHECK(report.claims[0].entries == 1);
  REQUIRE(report.claims[0].findings.size() == 1);
  CHECK(!report.claims[0].findings[0].index);
  CHECK(report.claims[0].findings[0].printed == "(3,)");
  CHECK(report.claims[0].findings[0].computed_text == "(2,)");
  CHECK(report.claims[1].verdict == right);
  CHECK(report.claims[2].verdict == right);
  CHECK(report.verdict == Verdict::disagree);
}

TEST_CASE("claims: keys choose entries as NumPy does") {
  const CaseReport report = run(product_case(R"([claims.forward]
"z[0]" = 2
"z[-1]" = -2
"W[:, 0]" = [1, 0]
"W[0, 1]" = 0.5
"W[::-1, ...]" = [[0, -1], [1, 0.5]]
"z[1]" = 7
)"));
  for (std::size_t k = 0; k + 1 < report.claims.size(); ++k) {
    CAPTURE(report.claims[k].name);
    CHECK(report.claims[k].verdict == right);
  }
  const ClaimReport& last = report.claims.back();
  CHECK(last.name == "z[1]");
  CHECK(last.line == 17);
  CHECK(last.column == 2);
  REQUIRE(last.findings.size() == 1);
  CHECK(last.findings[0].index == std::vector<std::size_t>{});
  CHECK(last.findings[0].printed == "7");
  CHECK(last.findings[0].computed == -2);
}

TEST_CASE("claims: one printed digit changed is found and named") {
  const std::string digits =
      "[claims.forward]\nz = [2.0, -2.0]\nL = 5.00\n"
      "[claims.gradient]\nW = [[1.0, 2.0], [-3.0, -6.0]]\n";
  CHECK(run(product_case(digits)).verdict == Verdict::agree);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] < '0' || digits[i] > '9' || digits[i - 1] == '0' || digits[i + 1] != '.') {
      continue;
    }
    std::string altered = digits;
    altered[i] = altered[i] == '9' ? '1' : static_cast<char>(altered[i] + 1);
    const CaseReport report = run(product_case(altered));
    CAPTURE(altered);
    CHECK(report.verdict == Verdict::disagree);
    std::size_t wrong_claims = 0;
    for (const ClaimReport& claim : report.claims) {
      wrong_claims += claim.wrong;
      CHECK(claim.findings.size() == claim.wrong);
    }
    CHECK(wrong_claims == 1);
    ++changed;
  }
  CHECK(changed == 7);
}

TEST_CASE("claims: a Jacobian has the shape of y and x, or is flattened to a matrix") {
  const auto judged = [](const std::string& claim) {
    return run(product_case("[claims.jacobian]\n" + claim)).claims.at(0);
  };
  CHECK(judged("\"z/x\" = [[1, 0.5], [0, -1]]").verdict == right);
  CHECK(judged("\"z/x\" = [[1, 0], [0.5, -1]]").wrong == 2);
  CHECK(judged("\"L/z\" = [1, -3]").verdict == right);
  CHECK(judged("\"z/W\" = [[[1, 2], [0, 0]], [[0, 0], [1, 2]]]").verdict == right);
  CHECK(judged("\"z/W\" = [[1, 2, 0, 0], [0, 0, 1, 2]]").verdict == right);
  CHECK(judged("\"z/W\" = [[1, 2, 0, 0], [0, 0, 1, 3]]").wrong == 1);
  CHECK(judged("\"z/W\" = [1, 2, 0, 0, 0, 0, 1, 2]").findings.at(0).computed_text == "(2, 2, 2)");
  CHECK(judged("\"z[0]/x\" = [1, 0.5]").verdict == right);
  CHECK(judged("\"z/x[1]\" = [0.5, -1]").verdict == right);
  CHECK(judged("\"z[1]/W[1]\" = [1, 2]").verdict == right);
  CHECK(judged("\"z[1]/W[:, 0]\" = [0, 1]").verdict == right);
  CHECK(judged("\"z[0]/W[0, 1]\" = 2").verdict == right);
  CHECK(judged("\"z/x\" = \"W\"").verdict == right);
  CHECK(judged("\"z/x\" = \"W.T\"").wrong == 2);
  CHECK(judged("\"x/z\" = [[0, 0], [0, 0]]").verdict == right);
}

TEST_CASE("claims: a Jacobian that is claimed is compared with the numeric one, too") {
  const CaseReport report =
      run(product_case("[claims.jacobian]\n\"z/W\" = \"[[1, 2, 0, 0], [0, 0, "
                       "1, 2]]\"\n"));
  CHECK(tensor_names(report) == std::vector<std::string>{"W", "z/W"});
  CHECK(tensor_of_name(report, "z/W").entries == 8);
  CHECK(tensor_of_name(report, "z/W").shape == Shape{2, 2, 2});
}

TEST_CASE("claims: where kinks are none together, a gradient is right if it is the derivative") {
  const std::string text =
      "network = 'L = sum(relu(-x) + log(1 + exp(-abs(x))))'\n[inputs]\nx = [0, 1]\n"
      "[claims.gradient]\n\"x[0]\" = ";
  CHECK(run(text + "-0.5").claims[0].verdict == right);
  CHECK(run(text + "0").claims[0].verdict == wrong);
  CHECK(run(text + "-1").claims[0].verdict == wrong);
  CHECK(run(text + "-1").claims[0].findings[0].remark == "the derivative there is -0.5");
}

TEST_CASE("claims: a gradient at a kink is right between the one-sided derivatives") {
  const auto judged = [](const std::string& derivative) {
    return run("network = 'L = relu(x)'\n[inputs]\nx = 0\n[claims.gradient]\nx = " + derivative)
        .claims[0]
        .verdict;
  };
  CHECK(judged("0") == right);
  CHECK(judged("1") == right);
  CHECK(judged("0.5") == right);
  CHECK(judged("1.25") == wrong);
  CHECK(judged("-1") == wrong);
}
