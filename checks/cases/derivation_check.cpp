#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

constexpr StatementVerdict agree = StatementVerdict::agree;
constexpr StatementVerdict disagree = StatementVerdict::disagree;
constexpr StatementVerdict inherited = StatementVerdict::inherited;

const std::string network_of_two_layers =
    "network = '''\nz1 = W1 @ x\na1 = sigmoid(z1)\nz2 = W2 @ a1\nL = half_squared_error(z2, t)\n"
    "'''\n[inputs]\nx = [1, -2]\nt = [1, 0]\n[parameters]\nW1 = [[1, 0.5], [-1, 2], [0.3, 0.1]]\n"
    "W2 = [[1, 2, -1], [0.5, 1, 3]]\n";

std::string derived_text(const std::string& statements) {
  return network_of_two_layers + "[derivation]\nsteps = '''\n" + statements + "'''\n";
}

CaseReport derived(const std::string& statements) { return run(derived_text(statements)); }

std::string derived_error(const std::string& statements) {
  return run_error(derived_text(statements));
}

std::vector<StatementVerdict> verdicts(const CaseReport& report) {
  std::vector<StatementVerdict> found;
  for (const StatementReport& statement : report.derivation) {
    found.push_back(statement.verdict);
  }
  return found;
}

std::vector<StatementVerdict> verdicts(const std::string& statements) {
  return verdicts(derived(statements));
}

// With another derivative at 0, on x = [[-1, 0, 2]].
StatementVerdict at_zero(const std::string& statement) {
  return run("network = '''\ny = relu(x)\nL = sum(y * [1, -2, 3])\n'''\n[inputs]\nx = [-1, 0, "
             "2]\n[derivation]\nsteps = '''\ndy = [1, -2, 3]\n" +
             statement + "\n'''\n")
      .derivation.at(1)
      .verdict;
}

}  // namespace

TEST_CASE("derivation: a right one agrees in every statement") {
  const CaseReport report = derived(
      "dz2 = z2 - t\ndW2 = outer(dz2, a1)\nda1 = W2.T @ dz2\ndz1 = da1 * a1 * (1 - a1)\n"
      "dW1 = outer(dz1, x)\n");
  CHECK(verdicts(report) == std::vector{agree, agree, agree, agree, agree});
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.derivation[3].name == "z1");
  CHECK(report.derivation[3].statement == "dz1 = da1 * a1 * (1 - a1)");
  CHECK(report.derivation[3].line == 18);
  CHECK(report.derivation[3].column == 1);
  CHECK(tensor_names(report) == std::vector<std::string>{"W1", "W2", "z2", "a1", "z1"});
}

TEST_CASE("derivation: a wrong statement is blamed, those that only inherit are not") {
  const CaseReport report = derived(
      "dz2 = z2 - t\nda1 = W2.T @ dz2\ndz1 = da1 * a1\ndW1 = outer(dz1, x)\ndW2 = outer(dz2, "
      "a1)\n");
  CHECK(verdicts(report) == std::vector{agree, agree, disagree, inherited, agree});
  CHECK(report.verdict == Verdict::disagree);
  CHECK(!report.derivation[1].first_wrong);
  CHECK(report.derivation[2].first_wrong);
  CHECK(!report.derivation[3].first_wrong);
}

TEST_CASE("derivation: each of its lines with one sign turned is the one that is blamed") {
  const std::vector<std::string> right{"dz2 = z2 - t", "da1 = W2.T @ dz2",
                                       "dz1 = da1 * a1 * (1 - a1)", "dW1 = outer(dz1, x)"};
  const std::vector<std::string> turned{"dz2 = z2 + t", "da1 = -W2.T @ dz2",
                                        "dz1 = da1 * a1 * (1 + a1)", "dW1 = outer(dz1, -x)"};
  for (std::size_t wrong = 0; wrong < right.size(); ++wrong) {
    std::string text;
    std::vector<StatementVerdict> expected;
    for (std::size_t k = 0; k < right.size(); ++k) {
      text += (k == wrong ? turned[k] : right[k]) + "\n";
      expected.push_back(k < wrong ? agree : k == wrong ? disagree : inherited);
    }
    CAPTURE(text);
    const CaseReport report = derived(text);
    CHECK(verdicts(report) == expected);
    CHECK(report.derivation[wrong].first_wrong);
  }
}

TEST_CASE("derivation: two wrong statements are both blamed, the first is named first") {
  const CaseReport report =
      derived("dz2 = z2 + t\nda1 = W2.T @ dz2\ndz1 = da1 * a1\ndW1 = outer(dz1, x)\n");
  CHECK(verdicts(report) == std::vector{disagree, inherited, disagree, inherited});
  CHECK(report.derivation[0].first_wrong);
  CHECK(!report.derivation[2].first_wrong);
}

TEST_CASE("derivation: a statement that is right agrees, whatever went in") {
  CHECK(verdicts("dz2 = t - z2\nda1 = -W2.T @ dz2\n") == std::vector{disagree, agree});
}

TEST_CASE("derivation: helpers are not judged, but a message about a wrong statement lists them") {
  const CaseReport report = derived(
      "err = z2 + t ** 2\nslope = a1 * (1 - a1)\ndz2 = exp(err * err)\ndz1 = (W2.T @ (z2 - t)) * "
      "slope\n");
  CHECK(verdicts(report) == std::vector{disagree, agree});
  CHECK(report.derivation[0].detail.find("it uses err = z2 + t ** 2 (line 15)") !=
        std::string::npos);
  CHECK(report.derivation[0].detail.find("slope") == std::string::npos);
  CHECK(report.derivation[0].helpers.size() == 1);
  CHECK(report.helpers == std::vector<std::string>{"err (line 15)", "slope (line 16)"});
}

TEST_CASE("derivation: a name of the network that begins with d leaves its gradient to dd...") {
  const auto judged = [](const std::string& statements) {
    return run(
        "network = '''\ny = d * 3\ndy = y * 2\nL = sum(dy)\n'''\n[inputs]\nd = [1, 2]\n"
        "[derivation]\nsteps = '''\n" +
        statements + "\n'''\n");
  };
  CHECK(verdicts(judged("ddy = [1, 1]")) == std::vector{agree});
  CHECK(verdicts(judged("ddy = [1, 2]")) == std::vector{disagree});
  CHECK(judged("dy = [2, 2]").error->message ==
        "'dy' is a value of the network, expected a new name");
}

TEST_CASE("derivation: axes of size 1 are ignored, other shapes are wrong and say so") {
  CHECK(verdicts("dz2 = reshape(z2 - t, shape=[2, 1])\n") == std::vector{agree});
  const CaseReport report = derived("dz2 = z2 - t\ndW2 = outer(a1, dz2)\n");
  CHECK(verdicts(report) == std::vector{agree, disagree});
  CHECK(report.derivation[1].detail.find("dW2 has shape (3, 2), expected (2, 3)") !=
        std::string::npos);
  // What cannot be worked out from a wrong shape only inherits.
  CHECK(verdicts("dz2 = [1, 2, 3]\nda1 = W2.T @ dz2\n") == std::vector{disagree, inherited});
}

TEST_CASE("derivation: a value that is not finite disagrees") {
  CHECK(verdicts("dz2 = (z2 - t) / 0\n") == std::vector{disagree});
  CHECK(verdicts("dz2 = log(-a1[0:2])\n") == std::vector{disagree});
}

TEST_CASE("derivation: at a kink any derivative between the one-sided ones is right") {
  CHECK(at_zero("dx = dy * (x > 0)") == agree);
  CHECK(at_zero("dx = dy * (x >= 0)") == agree);
  CHECK(at_zero("dx = dy * ((x > 0) + (x >= 0)) / 2") == agree);
  CHECK(at_zero("dx = dy * (x >= 0) * 1.5") == disagree);
  CHECK(at_zero("dx = dy * ((x > 0) - (x == 0))") == disagree);
  CHECK(at_zero("dx = dy * (x > 3)") == disagree);
}

TEST_CASE("derivation: what follows is judged with the derivative chosen at a kink") {
  const auto chain = [](const std::string& derivative, const std::string& after) {
    return verdicts(
        run("network = '''\nz = w * x\ny = relu(z)\nL = sum(3 * y)\n'''\n[inputs]\nx = "
            "[1, 2]\n[parameters]\nw = [0, 1]\n[derivation]\nsteps = '''\ndz = 3 * (" +
            derivative + ")\ndw = " + after + "\n'''\n"));
  };
  CHECK(chain("z > 0", "dz * x") == std::vector{agree, agree});
  CHECK(chain("z >= 0", "dz * x") == std::vector{agree, agree});
  CHECK(chain("z >= 0", "dz * x * 2") == std::vector{agree, disagree});
}

TEST_CASE("derivation: statements that cannot be carried out are refused at their place") {
  CHECK(derived_error("a, b = z2\n") == "15:1: a derivation assigns one name at a time");
  CHECK(derived_error("z2 = t\n") == "15:1: 'z2' is a value of the network, expected a new name");
  CHECK(derived_error("dz2 = z2 - t\ndz2 = t\n") ==
        "16:1: 'dz2' is assigned twice, expected a new name");
  CHECK(derived_error("dz2 = zz - t\n") == "15:7: unknown name 'zz'");
  CHECK(derived_error("dz2 = z3 - t\n") == "15:7: unknown name 'z3'");
  CHECK(derived_error("dz2 = z2 -\n") ==
        "15:11: expected an expression after '-', got the end of the line");
  CHECK(derived_error("err = z2 - t\n") ==
        "15:1: 'err' is the gradient of no value of the network, and no gradient here follows from "
        "it");
  CHECK(run_error("network = 'L = c * x'\n[inputs]\nx = 1\n[constants]\nc = 2\n[derivation]\nsteps "
                  "= 'dc = x'\n") ==
        "7:10: 'c' is a constant, which nothing is differentiated by, expected a value with a "
        "gradient; under [inputs] it has one");
}

TEST_CASE("derivation: a line that nothing follows from is a mistake, all others are judged") {
  const std::string text = derived_text("dz2 = z2 - t\ndZ1 = 7\nslope = a1\nDW2 = 3\n");
  CHECK(run_errors(text) ==
        "16:1: 'dZ1' is the gradient of no value of the network, and no gradient here follows from "
        "it, did you mean 'dz1'?\n"
        "17:1: 'slope' is the gradient of no value of the network, and no gradient here follows "
        "from it\n"
        "18:1: 'DW2' is the gradient of no value of the network, and no gradient here follows from "
        "it, did you mean 'dW2'?\n");
  const CaseReport report = run(text);
  CHECK(report.verdict == Verdict::error);
  CHECK(verdicts(report) == std::vector{agree});
  CHECK(report.tensors.size() == 3);
}

TEST_CASE("derivation: every independent mistake of a file is told, and the rest judged") {
  const std::string text = derived_text("dz2 = z2 - q\ndz1 = dz2\nda1 = W2.T @ (z2 - t)\n") +
                           "[claims.forward]\nz9 = 1\nL = 99\n";
  CHECK(run_errors(text) == "15:12: unknown name 'q'\n20:1: unknown name 'z9'\n");
  const CaseReport report = run(text);
  CHECK(verdicts(report) ==
        std::vector{StatementVerdict::not_judged, StatementVerdict::not_judged, agree});
  CHECK(report.claims.at(0).wrong == 1);
}

TEST_CASE(
    "derivation: a shape mistake is a wrong statement, with its operands and what would fit") {
  const CaseReport report =
      derived("dz2 = z2 - t\nda1 = W2 @ dz2\ndz1 = da1 * a1 * (1 - a1)\ndW2 = outer(dz2, a1)\n");
  CHECK(verdicts(report) == std::vector{agree, disagree, StatementVerdict::not_judged, agree});
  CHECK(report.verdict == Verdict::disagree);
  CHECK(!report.error);
  CHECK(report.derivation[1].first_wrong);
  CHECK(report.derivation[1].detail ==
        "W2 has shape (2, 3), dz2 has shape (2,): these do not fit together; da1 must have shape "
        "(3,)");
  REQUIRE(report.diagnosis.size() == 1);
  CHECK(report.diagnosis[0].detail == "W2 @ dz2 where W2.T @ dz2 would be right");
}

TEST_CASE("derivation: what is not judged never decides a case") {
  const CaseReport report = run(derived_text("s = W2 @ t\ndz2 = z2 - t\ndz1 = s * a1\n") +
                                "[errata]\n'derivation.s' = 'its shapes do not fit'\n");
  CHECK(verdicts(report) == std::vector{disagree, agree, StatementVerdict::not_judged});
  CHECK(report.verdict == Verdict::agree);
}

TEST_CASE("derivation: a wrong helper is to blame for all that follow from it") {
  const CaseReport report = run(
      "network = '''\nf = sigmoid(W * x)\nL = half_squared_error(f, t)\n'''\n[inputs]\nx = 1.5\n"
      "t = 0.25\n[parameters]\nW = 0.8\n[derivation]\nsteps = '''\ndf = f - t\ns = 1 - f ** 2\n"
      "du = df * s\ndW = du * x\ndx = du * W\n'''\n");
  CHECK(verdicts(report) == std::vector{agree, disagree, inherited, inherited});
  CHECK(report.derivation[1].target == "s");
  CHECK(report.derivation[1].first_wrong);
  CHECK(report.derivation[1].detail ==
        "dW, dx would be right with s = the derivative of sigmoid at W * x");
  REQUIRE(report.diagnosis.size() == 1);
  CHECK(report.diagnosis[0].tensor == "s");
  CHECK(report.diagnosis[0].pattern == "another activation's derivative");
}

TEST_CASE(
    "derivation: a helper that is another right value is to blame, one in a wrong place is not") {
  const auto first_wrong = [](const std::string& lines) {
    const CaseReport report =
        run("network = 'q = x + y; f = q * z'\n[inputs]\nx = -2\ny = 5\nz = -4\n[derivation]\n"
            "steps = '" +
            lines + "'\n");
    const auto found = std::ranges::find(report.derivation, true, &StatementReport::first_wrong);
    return found == report.derivation.end() ? "" : found->target;
  };
  CHECK(first_wrong("df = 1; by_q = z; by_z = q; dq = df * by_q; dz = df * by_z") == "");
  CHECK(first_wrong("df = 1; by_q = q; by_z = q; dq = df * by_q; dz = df * by_z") == "by_q");
  CHECK(first_wrong("df = 1; by_q = z; by_z = q; dq = df * by_z; dz = df * by_z") == "dq");
}

TEST_CASE("derivation: a right helper beside a wrong statement is not accused") {
  const CaseReport report = derived(
      "err = z2 - t\nslope = a1 * (1 - a1)\ndz2 = err\nda1 = W2.T @ err\n"
      "dz1 = 3 * da1 * slope\n");
  CHECK(verdicts(report) == std::vector{agree, agree, disagree});
}

TEST_CASE("derivation: a column in place of a row is accepted, with a note") {
  const CaseReport report = derived("dz2 = reshape(z2 - t, shape=[2, 1])\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK(std::ranges::count(report.notes,
                           "dz2 has shape (2, 1) in place of (2,): axes of size 1 "
                           "are ignored") == 1);
}

TEST_CASE("derivation: with digits = printed, its numbers carry half a unit of their last digit") {
  const auto verdict = [](const std::string& steps, const std::string& more) {
    return run("network = 'h = tanh(w * x); L = h ** 2'\n[inputs]\nx = 0.5\n[parameters]\nw = "
               "0.9\n[derivation]\nsteps = '''\n" +
               steps + "\n'''\n" + more)
        .verdict;
  };
  // h = 0.42190, 2 h = 0.84380, 1 - h² = 0.82200; dw = 0.34680.
  const std::string printed = "digits = 'printed'\n";
  CHECK(verdict("dh = 0.844\ndw = dh * 0.822 * x", "") == Verdict::disagree);
  CHECK(verdict("dh = 0.844\ndw = dh * 0.822 * x", printed) == Verdict::agree);
  CHECK(verdict("dh = 0.845\ndw = dh * 0.822 * x", printed) == Verdict::disagree);
  CHECK(verdict("dh = 0.844\ndw = dh * 0.824 * x", printed) == Verdict::disagree);
  CHECK(verdict("dh = 0.844\ndw = dh * 0.822 * x", "rtol = 1e-3\n") == Verdict::agree);
  CHECK(verdict("dh = 0.845\ndw = dh * 0.822 * x", "rtol = 1e-3\n") == Verdict::disagree);
}
