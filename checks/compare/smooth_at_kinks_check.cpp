#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/compare/checker.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// What is noted of x, whose entries are −3, 0 and 2, where it agrees.
std::string note_of(const std::string& text) {
  const Network network =
      network_of(text, {{"x", parameter(tensor_of({3}, std::array{-3.0, 0.0, 2.0}))}});
  Checker checker(network, {});
  const TensorCheck check = checker.check(*network.find("x"));
  CHECK(check.report.verdict == Verdict::agree);
  return check.note;
}

/// Of the entry that is 0.
Interval derivatives_of(const std::string& text) {
  const Network network =
      network_of(text, {{"x", parameter(tensor_of({3}, std::array{-3.0, 0.0, 2.0}))}});
  return Checker(network, {}).kink_interval(network.loss(), 0, *network.find("x"), 1);
}

}  // namespace

TEST_CASE("kinks that are none together: the note gives the derivative that backward has not") {
  CHECK(note_of("L = sum(relu(-x) + log(1 + exp(-abs(x))))") ==
        "x[1]: 0 is what one side of a kink gives, not the derivative: the function is smooth "
        "there, and its derivative is -0.5");
  CHECK(note_of("L = sum(3 * relu(x) - 3 * relu(-x))") ==
        "x[1]: 0 is what one side of a kink gives, not the derivative: the function is smooth "
        "there, and its derivative is 3");
}

TEST_CASE("kinks that are none together: nothing is noted where it is as backward says") {
  for (const std::string text :
       {"L = sum(relu(x))", "L = sum(abs(x) + exp(x))", "L = sum(elu(x))", "L = sum(relu(x) * x)",
        "L = sum(relu(x) + x * 0.001)", "L = max(x)", "L = sum(square(relu(x)) + 2 * x)"}) {
    CAPTURE(text);
    CHECK(note_of(text) == "");
  }
}

TEST_CASE("kinks that are none together: a claim is held against the derivative") {
  const Interval smooth = derivatives_of("L = sum(relu(-x) + log(1 + exp(-abs(x))))");
  CHECK(smooth.low == doctest::Approx(-0.5));
  CHECK(smooth.high == doctest::Approx(-0.5));
  const Interval kink = derivatives_of("L = sum(5 * relu(x) + 2 * x)");
  CHECK(kink.low == doctest::Approx(2));
  CHECK(kink.high == doctest::Approx(7));
}
