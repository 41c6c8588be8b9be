#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Names = std::vector<std::string>;

const std::string labelled =
    "network = '''\nz = W @ x\nL = softmax_cross_entropy(z, t)\n'''\n[inputs]\nx = [1, 2]\nt = 1\n"
    "[parameters]\nW = [[1, 2], [3, 4]]\n";
const std::string without_parameters =
    "network = '''\nz = 2 * x\nL = softmax_cross_entropy(z, t)\n'''\n[inputs]\nx = [1, 2]\nt = 1\n";

Names checked(const std::string& text, bool all_values = false) {
  CheckOptions options;
  options.all_values = all_values;
  return tensor_names(run(text, options));
}

}  // namespace

TEST_CASE("checked values: every parameter, or every input where there are none") {
  CHECK(checked(labelled) == Names{"W"});
  CHECK(checked(without_parameters) == Names{"x"});
}

TEST_CASE("checked values: labels are constants by their use") {
  CHECK(checked(labelled, true) == Names{"W", "x", "z"});
  CHECK(checked(without_parameters, true) == Names{"x", "z"});
  // The same name used as a number, too, has a gradient.
  CHECK(checked("network = '''\nL = softmax_cross_entropy(x, t) + t ** 2\n'''\n[inputs]\nx = [1, "
                "2]\nt = 1\n") == Names{"x", "t"});
}

TEST_CASE("checked values: names asked for, claimed and derived come beside, each once") {
  CHECK(checked("check = [\"x\", \"W\"]\n" + labelled) == Names{"W", "x"});
  CHECK(checked(labelled + "[claims.gradient]\nz = \"softmax(z) - [0, 1]\"\n\"z[0]\" = "
                           "\"softmax(z)[0]\"\n") == Names{"W", "z"});
  CHECK(checked(labelled + "[claims.forward]\nz = [5, 11]\n") == Names{"W"});
  CHECK(checked(labelled + "[derivation]\nsteps = 'dz = softmax(z) - [0, 1]'\n") ==
        Names{"W", "z"});
}

TEST_CASE("checked values: unknown names and constants are refused") {
  CHECK(run_error("check = [\"zz\"]\n" + labelled) == "1:9: unknown name 'zz'");
  CHECK(run_error("loss = \"M\"\n" + labelled) == "1:9: unknown name 'M'");
  const std::string constant = "network = 'L = c * x'\n[inputs]\nx = 1\n[constants]\nc = 2\n";
  CHECK(run_error("check = [\"c\"]\n" + constant) ==
        "1:9: 'c' is a constant, which nothing is differentiated by, expected a value with a "
        "gradient; under [inputs] it has one");
  CHECK(run_error(constant + "[claims.gradient]\nc = 1\n") ==
        "7:1: 'c' is a constant, which nothing is differentiated by, expected a value with a "
        "gradient; under [inputs] it has one");
  CHECK(run_error(constant + "[claims.jacobian]\n\"L/c\" = 1\n") ==
        "7:2: 'c' is a constant, which nothing is differentiated by, expected a value with a "
        "gradient; under [inputs] it has one");
}

TEST_CASE("checked values: the gradient of what the loss does not use is zero, with a note") {
  const CaseReport report =
      run("network = '''\nq = 2 * x\nL = x ** 2\n'''\n[inputs]\nx = 1\n[claims.gradient]\nq = 0\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.notes ==
        std::vector<std::string>{"the loss does not depend on q: its gradient is zero"});
}

TEST_CASE("only zeros: a case in which every gradient is zero is inconclusive") {
  const std::string dead = "network = '''\ny = relu(x)\nL = sum(y)\n'''\n[inputs]\nx = [-1, -2]\n";
  const CaseReport report = run(dead);
  CHECK(report.verdict == Verdict::inconclusive);
  CHECK(report.only_zeros);
  CHECK(!passes(report, true));
  CHECK(run(dead + "[claims.gradient]\nx = [0, 0]\n").verdict == Verdict::agree);
  CHECK(run(dead + "[claims.gradient]\nx = [0, 1]\n").verdict == Verdict::disagree);
  CHECK(run(dead + "[derivation]\nsteps = 'dx = [0, 0]'\n").verdict == Verdict::agree);
  CHECK(run(dead + "[claims.forward]\nL = 0\n").verdict == Verdict::inconclusive);
}

TEST_CASE("only zeros: one dead tensor in a live network agrees, with a note") {
  const CaseReport report = run(
      "network = '''\nL = sum(relu(x)) + sum(w ** 2)\n'''\n[parameters]\nx = [-1, -2]\nw = 3\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.notes == std::vector<std::string>{"every gradient of x is zero on both sides"});
}

TEST_CASE("loss: one that is not a single number is checked as a Jacobian") {
  const std::string vector = "network = 'y = x * w'\n[inputs]\nx = [1, 2]\n[parameters]\nw = 3\n";
  const CaseReport report = run(vector);
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.tensors.at(0).entries == 2);
  CHECK(run(vector + "[claims.jacobian]\n\"y/w\" = [1, 2]\n").verdict == Verdict::agree);
  const std::string refused =
      " need a loss that is a single number, but 'y' has shape (2,); use [claims.jacobian], or end "
      "the network in a scalar";
  CHECK(run_error(vector + "[claims.gradient]\nw = 3\n") == "7:1: gradient claims" + refused);
  CHECK(run_error(vector + "[derivation]\nsteps = 'dw = 3'\n") == "7:10: derivations" + refused);
  CHECK(run_error(vector + "[update]\nlearning_rate = 1\n") == "6:2: updates" + refused);
  CHECK(run("loss = \"L\"\nnetwork = 'L = sum(x * w); y = x * w'\n[inputs]\nx = [1, "
            "2]\n[parameters]\nw = 3\n[claims.gradient]\nw = 3\n")
            .verdict == Verdict::agree);
}

TEST_CASE("loss: one that depends on nothing that is checked is an error") {
  CHECK(run_error("network = '''\nz = x * w\nL = sum(x)\n'''\n[inputs]\nx = 1\n[parameters]\nw = "
                  "2\n") ==
        "3:1: the loss 'L' depends on none of w, expected at least one that it can be "
        "differentiated by");
  CHECK(run_error("network = 'L = stop_gradient(x)'\n[inputs]\nx = 1\n") ==
        "1:12: the loss 'L' depends on none of x, expected at least one that it can be "
        "differentiated by");
  CHECK(run_error("network = 'L = 3'\n") ==
        "1:12: the loss 'L' depends on no parameter or input, expected at least one that it can be "
        "differentiated by");
}

TEST_CASE("settings: in float32 gradients are compared within its rounding, claims as ever") {
  const std::string text =
      "network = 'L = exp(x)'\n[inputs]\nx = 1\n[claims.gradient]\nx = 2.718281828459\n"
      "[settings]\nprecision = ";
  const CaseReport fine = run(text + "\"float64\"\n");
  const CaseReport coarse = run(text + "\"float32\"\n");
  CHECK(fine.verdict == Verdict::agree);
  CHECK(fine.tensors[0].max_relative_error < 1e-10);
  CHECK(coarse.verdict == Verdict::agree);
  CHECK(coarse.tensors[0].max_relative_error > 1e-9);
  CHECK(coarse.tensors[0].max_bound == fine.tensors[0].max_bound);
  CHECK(coarse.notes.size() == fine.notes.size() + 1);
}

TEST_CASE("settings: a file's own hold for it, the command line's method and step win") {
  const std::string text = "network = 'L = exp(x)'\n[inputs]\nx = 1\n[settings]\n";
  const auto bound = [](const std::string& file, CheckOptions options = {}) {
    return run(file, options).tensors[0].max_bound;
  };
  const double chosen = bound(text);
  CHECK(chosen < 1e-8);
  CHECK(bound(text + "method = \"forward\"\nstep = 1e-3\n") > 1e-4);
  CHECK(bound(text + "step = 1e-3\n") > 1e-8);
  CHECK(bound(text + "step = 1e-3\n") < 1e-5);
  CheckOptions options;
  options.method = Method::central;
  options.step = 1e-3;
  CHECK(bound(text + "method = \"forward\"\nstep = 0.1\n", options) ==
        bound(text + "step = 1e-3\n"));
  CHECK(run(text + "rtol = 0.5\n[claims.gradient]\nx = \"1.4 * exp(x)\"\n").verdict ==
        Verdict::agree);
  CHECK(run(text + "rtol = 0.2\n[claims.gradient]\nx = \"1.4 * exp(x)\"\n").verdict ==
        Verdict::disagree);
}

TEST_CASE("checked values: each is reported with its place in the file") {
  CheckOptions options;
  options.all_values = true;
  const CaseReport report = run(product_case(""), options);
  CHECK(tensor_of_name(report, "W").line == 9);
  CHECK(tensor_of_name(report, "W").column == 1);
  CHECK(tensor_of_name(report, "z").line == 2);
}
