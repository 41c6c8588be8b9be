// Files with all kinds of mistakes: what is told of each, and what is judged beside it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

// Lines 1 to 3 of most files: y = [3, 8], L = 73, dy = 2 y, dw = 2 y x.
const std::string head =
    "network = 'y = x * w; L = sum(y ** 2)'\ninputs.x = [1, 2]\nparameters.w = [3, 4]\n";

std::string judged(const CaseReport& report) {
  std::string all;
  for (const ClaimReport& claim : report.claims) {
    all += claim.kind + "." + claim.name + " " + to_string(claim.verdict) + "\n";
  }
  for (const StatementReport& statement : report.derivation) {
    all += statement.target + " " + to_string(statement.verdict) + "\n";
  }
  return all;
}

// The mistakes, then the verdicts on claims and statements, a line each.
std::string outcome(const std::string& text) {
  Mistakes mistakes;
  CaseReport report;
  mistakes.attempt([&] { report = check_case(read_case(text), {}).report; });
  for (const CaseError& one : told(report)) {
    mistakes.add({{one.line, one.column}, one.message});
  }
  std::string all;
  for (const LocatedError& one : mistakes.sorted()) {
    all += at(one.at) + ": " + one.what() + "\n";
  }
  return all + judged(report);
}

struct Row {
  std::string text;
  std::string outcome;
};

void expect(const std::vector<Row>& rows, const std::string& before, const std::string& behind) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(outcome(before + row.text + behind) == row.outcome);
  }
}

}  // namespace

TEST_CASE("table of mistakes: what a mistake of form does not touch is judged") {
  expect(
      {
          {"title = 3\nclaims.forward.y = [3, 9]",
           "4:9: title has 3, expected a text\nforward.y wrong\n"},
          {"Title = 'x'\nclaims.forward.L = 72",
           "4:1: unknown key 'Title', did you mean 'title'?\nforward.L wrong\n"},
          {"settings.rtol = 'x'\nclaims.forward.L = 72",
           "4:17: settings: rtol has \"x\", expected a finite number from 0\n"},
          {"update.learning_rate = 'x'\nclaims.forward.L = 72\nclaims.updated.w = [0, 0]",
           "4:24: update: learning_rate has \"x\", expected a finite number, a list of them by "
           "step, or a table of them by parameter\nforward.L wrong\n"},
          {"[update]\nlearning_rate = { q = 1 }\norder = ['w', 'w']\n[claims]\nforward.L = 72\n"
           "updated.w = [0, 0]",
           "5:1: update: learning_rate has 'q', expected each of w once\n"
           "6:9: update: order has 'w', expected each of w once\nforward.L wrong\n"},
          {"claims.tolerance = 'x'\nclaims.forward.L = 72",
           "4:20: claims: tolerance has \"x\", expected a finite number from 0\n"},
          {"update.learning_rate = 1\n[claims.forward]\nL = 72\n[[claims.after]]\nsteps = 0.5\n"
           "forward.L = 1",
           "8:9: claims.after: steps has 0.5, expected an integer from 0 to 1000000\n"
           "forward.L wrong\n"},
          {"claims.numeric.step = 0\nclaims.numeric.gradient.w = [0, 0]\nclaims.forward.L = 72",
           "4:23: claims.numeric: step has 0, expected a finite number above 0\n"
           "forward.L wrong\n"},
          {"claims.forward.y = [[1], [2, 3]]\nclaims.forward.L = 72",
           "4:26: claims.forward: y has a row of 2 entries, expected 1 as in the first\n"
           "forward.L wrong\n"},
          {"claims.forward.y = '3 \\times'\nclaims.forward.L = 72",
           "4:29: claims.forward.y: LaTeX has its end, expected a matrix, or 10^\n"
           "forward.L wrong\n"},
          {"claims.gradient.u = 3\nclaims.gradient.w = [6, 31]",
           "4:17: unknown name 'u'\ngradient.w wrong\n"},
          {"claims.forward.'y[2]' = 3\nclaims.forward.L = 73",
           "4:17: 'y[2]': axis 0 has index 2, expected an integer from -2 to 1 for shape (2,)\n"
           "forward.L right\n"},
          {"[derivation]\nsteps = 'dw = 2 * y * x'\ndigits = 3\n[claims]\nforward.L = 72",
           "6:10: derivation: digits has 3, expected \"printed\" or \"exact\"\nforward.L wrong\n"},
      },
      head, "\n");
}

TEST_CASE("table of mistakes: a line of a derivation that cannot be read leaves the others") {
  expect(
      {
          {"dy = 2 * y\ndw = dy *\ndx = dy * w",
           "6:10: expected an expression after '*', got the end of the line\n"
           "dy agree\ndx agree\n"},
          {"dy = 2 * y\ndw = (dy * x\ndx = dy * x",
           "7:1: missing ')' for the '(' at 6:6, got 'dx'\ndy agree\ndx disagree\n"},
          {"e = * 2\ndy = e * y\ndw = 2 * y * x",
           "5:5: expected an expression after '=', got '*'\ndy not_judged\ndw agree\n"},
          {"dw = dy * x\ndy = 2 * y",
           "5:6: 'dy' is used before it is assigned, at 6:1\ndw not_judged\ndy agree\n"},
          {"dy = dy + y", "5:6: 'dy' is used before it is assigned, at 5:1\ndy not_judged\n"},
          {"dy, e = split(y, sections=2)\ndw = e",
           "5:1: a derivation assigns one name at a time\ndw not_judged\n"},
          {"y = 3\ndw = 2 * y * x",
           "5:1: 'y' is a value of the network, expected a new name\ndw agree\n"},
          {"dY = 2 * y",
           "5:1: 'dY' is the gradient of no value of the network, and no gradient here follows "
           "from it, did you mean 'dy'?\n"},
          {"k = 2\nh = k * y\ndw = 2 * y * x",
           "5:1: 'k' is the gradient of no value of the network, and no gradient here follows "
           "from it\n6:1: 'h' is the gradient of no value of the network, and no gradient here "
           "follows from it\ndw agree\n"},
          {"# nothing yet", "5:1: the derivation has no statements, expected at least one\n"},
          {"dw = y * [1, 2, 3]", "dw disagree\n"},
          {"dw = log(-y)", "dw disagree\n"},
      },
      head + "derivation.steps = '''\n", "\n'''\n");
}

TEST_CASE("table of mistakes: what is pasted is read, or refused with what is meant") {
  expect(
      {
          {"dw\u00A0= 2\u2009\u00D7\u00A0y * x", "dw agree\n"},
          {"dw = 2 * \u200By * x", "5:10: unknown character U+200B, which cannot be seen\n"},
          {"dw = 2 * y \u2218 x",
           "5:12: unknown character '\u2218': a product entry by entry is written *\n"},
          {"dw = \u221Ay", "5:6: unknown character '\u221A': a root is written sqrt(x)\n"},
          {"\u2202w = y", "5:1: unknown character '\u2202': the gradient of w is written dw\n"},
          {"dL/dw = 2 * y * x",
           "5:3: expected '=' after 'dL' (each statement is NAME = EXPRESSION; dL/dw is written "
           "dw), got '/'\n"},
          {"dw = np.sum(y)",
           "5:9: expected 'T' after '.'; a function stands by itself, as in sum(x), got 'sum'\n"},
          {"dy = 2 * y\ndw = sgn(dy) * x",
           "6:6: unknown function 'sgn', did you mean 'sign'?\ndy agree\ndw not_judged\n"},
          {"dw = atanh(y)", "5:6: unknown function 'atanh'\ndw not_judged\n"},
          {"dw = 1e999 * x",
           "5:6: number has 1e999, expected one in the range of double, up to 1.8e308\n"},
      },
      head + "derivation.steps = '''\n", "\n'''\n");
}

TEST_CASE("table of mistakes: bytes, line ends and TOML") {
  const std::string good = head + "claims.forward.L = 73\n";
  std::string crlf;
  for (const char c : good) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  }
  expect(
      {
          {crlf, "forward.L right\n"},
          {"\xEF\xBB\xBF" + good, "forward.L right\n"},
          {head + std::string(1, '\0'),
           "4:1: not valid TOML: while parsing root table: expected keys, tables, whitespace or "
           "comments, saw '\\u0000'\n"},
          {"title = \"caf\xE9\"\n" + good,
           "1:12: not valid TOML: encountered invalid utf-8 sequence\n"},
          {head + "[claims.forward]\nL = 73\nL = 74\n",
           "6:5: not valid TOML: while parsing key-value pair: cannot redefine existing integer "
           "'L'\n"},
          {head + "[claims.forward]\nL = \u221273\n",
           "5:5: not valid TOML: while parsing value: could not determine value type; a minus is "
           "written -\n"},
          {"title = \u201Cx\u201D\n" + good,
           "1:9: not valid TOML: while parsing value: could not determine value type; a text "
           "stands between \" or '\n"},
      },
      "", "");
}
