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
