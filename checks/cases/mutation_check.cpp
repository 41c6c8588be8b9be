// A backward with one sign turned must be found in every tensor that its gradient reaches, and in
// no other.
#include <string>
#include <vector>

#include <defects/alterations.hpp>
#include <defects/altered_layer.hpp>
#include <doctest/doctest.h>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/compare/checker.hpp>

#include "case_helpers.hpp"

using namespace gradcheck;

namespace {

constexpr const char* leaves =
    "[inputs]\nx = [[0.5, -1.2, 2.1], [1.4, 0.3, -0.7]]\nt = [2, 0]\n"
    "[parameters]\nW = [[0.3, -0.4, 1.1], [0.9, 0.2, -0.6], [-1.3, 0.7, 0.8]]\nb = [0.4, -0.2, "
    "0.6]\n";

struct Row {
  std::string layer;
  std::size_t slot;  // whose gradient is turned
  std::string statements;
  std::string wrong;  // the values whose gradient comes out wrong: " x W "
};

Network network_of_text(const std::string& statements) {
  return network_of(parse_case_file("network = '''\n" + statements +
                                    "\nrest = x @ W + b + sum(t)"
                                    "\n'''\nloss = \"L\"\n" +
                                    leaves));
}

void expect_blame(const Row& row, const Network& network) {
  Checker checker(network, {});
  for (const auto& named : network.names()) {
    const std::string word = " " + named.first + " ";
    const bool wrong = row.wrong.find(word) != std::string::npos;
    CAPTURE(named.first);
    CHECK(checker.check(named.second).report.verdict ==
          (wrong ? Verdict::disagree : Verdict::agree));
  }
}

const std::string affine_loss = "z = x @ W + b\ny = ";

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"matmul", 0, "z = x @ W\nL = sum(z ** 2)", " x "},
      {"matmul", 1, "z = x @ W\nL = sum(z ** 2)", " W "},
      {"affine", 0, "z = affine(x, W, b)\nL = sum(z ** 2)", " x "},
      {"affine", 1, "z = affine(x, W, b)\nL = sum(z ** 2)", " W "},
      {"affine", 2, "z = affine(x, W, b)\nL = sum(z ** 2)", " b "},
      {"add", 1, "z = x + b\nL = sum(z ** 2)", " b "},
      {"subtract", 1, "z = x - b\nL = sum(z ** 2)", " b "},
      {"multiply", 0, "z = x * b\nL = sum(z ** 2)", " x "},
      {"divide", 1, "z = x / b\nL = sum(z ** 2)", " b "},
      {"relu", 0, affine_loss + "relu(z)\nL = sum(y ** 2)", " x W b z "},
      {"sigmoid", 0, affine_loss + "sigmoid(z)\nL = sum(y ** 2)", " x W b z "},
      {"tanh", 0, affine_loss + "tanh(z)\nL = sum(y ** 2)", " x W b z "},
      {"exp", 0, affine_loss + "exp(z)\nL = sum(y ** 2)", " x W b z "},
      {"softplus", 0, affine_loss + "softplus(z)\nL = sum(y ** 2)", " x W b z "},
      {"softmax", 0, affine_loss + "softmax(z)\nL = sum(y ** 2)", " x W b z "},
      {"max", 0, affine_loss + "max(z, axis=1)\nL = sum(y ** 2)", " x W b z "},
      {"mean", 0, affine_loss + "mean(z, axis=0)\nL = sum(y ** 2)", " x W b z "},
      {"transpose", 0, "z = W.T\ny = x @ z + b\nL = sum(y ** 2)", " W "},
      {"softmax_cross_entropy", 0, "z = x @ W + b\nL = softmax_cross_entropy(z, t)", " x W b z "},
      {"multiclass_hinge", 0, "z = x @ W + b\nL = multiclass_hinge(z, t)", " x W b z "},
      {"half_squared_error", 0, "z = x @ W + b\nL = half_squared_error(z, 2 * x)", " x W b z "},
  };
  return all;
}

}  // namespace

TEST_CASE("mutation: a right network agrees in every named value") {
  for (const Row& row : rows()) {
    CAPTURE(row.statements);
    expect_blame({row.layer, row.slot, row.statements, ""}, network_of_text(row.statements));
  }
}

TEST_CASE("mutation: one sign turned in a backward is found in all that it reaches, nowhere else") {
  for (const Row& row : rows()) {
    CAPTURE(row.layer);
    CAPTURE(row.statements);
    expect_blame(row, defects::replant(network_of_text(row.statements), {row.layer},
                                       defects::negated(row.slot)));
  }
}
