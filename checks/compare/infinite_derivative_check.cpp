#include <array>
#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// y = x² with a backward that claims an infinite derivative.
struct Overflowing {
  Tensor forward(const Tensor& x) const { return x * x; }
  Tensor backward(const Tensor& dy, const Tensor&) const {
    return dy * std::numeric_limits<double>::infinity();
  }
};

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "infinite derivatives: they are inconclusive, said to be infinite, and nobody is blamed") {
  const Leaf x = parameter(tensor_of({3}, std::array{0.0, 0.5, 2.0}));
  for (const char* text : {"L = sum(sqrt(x))", "L = sum(x ** 0.5)", "L = sum(3 * sqrt(2 * x))"}) {
    CAPTURE(text);
    const Report report = check(network_of(text, {{"x", x}}));
    const CaseReport& one = report.cases.at(0);
    CHECK_MESSAGE(one.verdict == Verdict::inconclusive, report);
    CHECK(mentions(one.tensors.at(0).reason, "the derivative is infinite here"));
    CHECK(one.tensors[0].inconclusive == 1);
    CHECK(one.diagnosis.empty());
  }
}

TEST_CASE("infinite derivatives: a backward that claims one where there is none is wrong") {
  const Tensor x = tensor_of({2}, std::array{0.5, 2.0});
  CHECK(check_layer(Overflowing{}, {.inputs = {x}}).cases.at(0).verdict == Verdict::disagree);
}

TEST_CASE("infinite derivatives: what the chain rule makes NaN of is inconclusive as well") {
  const Leaf x = parameter(tensor_of({3}, std::array{0.0, 0.5, 2.0}));
  for (const char* text : {"L = sum(sqrt(x) ** 2)", "L = sum(square(log1p(sqrt(x))))"}) {
    CAPTURE(text);
    const Report report = check(network_of(text, {{"x", x}}));
    const CaseReport& one = report.cases.at(0);
    CHECK_MESSAGE(one.verdict == Verdict::inconclusive, report);
    CHECK(mentions(one.tensors.at(0).reason, "the derivative of sqrt (line 1) is infinite"));
    CHECK(one.diagnosis.empty());
  }
}

TEST_CASE("infinite derivatives: a finite one claimed where ln grows to it is inconclusive") {
  const Leaf t = parameter(scalar(0.0)), x = parameter(scalar(-0.7));
  const Report report =
      check(network_of("L = kl_divergence(x, t, reduction='sum')", {{"x", x}, {"t", t}}));
  const CaseReport& one = report.cases.at(0);
  CHECK_MESSAGE(one.verdict == Verdict::inconclusive, report);
}

TEST_CASE("a deviation of 0 has the gradient 0, and a branch that is not taken none") {
  const Leaf same = parameter(tensor_of({3}, std::array{2.0, 2.0, 2.0}));
  const Leaf other = parameter(tensor_of({2}, std::array{0.5, 2.0}));
  const Leaf x = parameter(tensor_of({2}, std::array{0.0, 2.0}));
  CHECK(check(network_of("L = std(x) + sum(y * y)", {{"x", same}, {"y", other}})).agrees());
  CHECK(check(network_of("L = sum(where(x > 0, sqrt(x), 2 * x))", {{"x", x}})).agrees());
}

TEST_CASE("a zero that only layers that absorb what moves them show accuses nobody") {
  const Leaf x = parameter(tensor_of({4}, std::array{0.0, 5.3e292, -1.1, 3.8e297}));
  const Report report = check(network_of("L = sum(celu(x, alpha=0.1))", {{"x", x}}));
  CHECK_MESSAGE(report.cases.at(0).verdict != Verdict::disagree, report);
}
