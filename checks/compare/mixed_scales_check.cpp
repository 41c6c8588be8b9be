#include <array>
#include <string>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/check/check.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

template <std::size_t N>
Leaf numbers(const std::array<double, N>& entries) {
  return parameter(tensor_of({N}, entries));
}

/// The library's own layers are right: at no seed and by no sweep is one of them called wrong.
void check_not_accused(const Network& network) {
  for (const Sweep sweep : {Sweep::automatic, Sweep::plain}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      CheckOptions options;
      options.seed = seed;
      options.sweep = sweep;
      const Report report = check(network, options);
      for (const TensorReport& tensor : report.cases.at(0).tensors) {
        CHECK_MESSAGE(tensor.verdict != Verdict::disagree, tensor.name, ": analytic ",
                      tensor.worst.analytic, ", numeric ", tensor.worst.numeric, ", bound ",
                      tensor.worst.bound, ", seed ", seed);
      }
    }
  }
}

}  // namespace

TEST_CASE("mixed scales: a share of the loss that larger ones absorb accuses nobody") {
  check_not_accused(network_of("r = reciprocal(x)\nL = sum(r * r) + sum(square(r * w))",
                               {{"x", numbers(std::array{0.031, -2.5e11, 0.5})},
                                {"w", numbers(std::array{4e8, 37.0, 2e-10})}}));
}

TEST_CASE(
    "mixed scales: steps wider than a sigmoid's centre, beside logits of 1e10, accuse nobody") {
  const Leaf targets{Role::constant, tensor_of({6}, std::array{1.0, 0.0, 1.0, 0.0, 1.0, 0.0})};
  check_not_accused(
      network_of("L = binary_cross_entropy_with_logits(x, t, reduction=\"sum\")",
                 {{"x", numbers(std::array{2.3e-3, -4e-12, 2.5e-6, 2.1e10, -1.4e-5, -1.7e10})},
                  {"t", targets}}));
}

TEST_CASE("mixed scales: the curved side of a kink is seen from near, beside a large entry too") {
  for (const double large : {7.0, 700.0, 3e4, 1e6}) {
    CAPTURE(large);
    const Report report = check(
        network_of("L = sum(elu(x, alpha=2))", {{"x", numbers(std::array{0.0, large, -0.5})}}));
    CHECK(report.agrees());
  }
}
