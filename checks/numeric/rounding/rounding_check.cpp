#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/numeric/rounding/evaluate_point.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// How far rounding may move the loss.
double rounding_error_of_loss(const std::string& text, const Tensor& x) {
  const Network network = network_of(text, {{"x", parameter(x)}});
  return evaluate_point(network.graph(), forward<double>(network), 0)
      .rounding_errors[network.loss()]
      .data()[0];
}

}  // namespace

TEST_CASE("widths: at the edge of a domain, rounding is seen from inside") {
  // Rounding moves log(1 − x) by a tenth; the larger perturbations that show it leave the domain.
  const double near = 1 - 1e-15;
  const Tensor x{near, near, near, near, near, near, near, near};
  for (const char* text :
       {"L = binary_cross_entropy(x, [0, 0, 0, 0, 0, 0, 0, 0])", "L = sum(log(1 - x))"}) {
    CAPTURE(text);
    CHECK(rounding_error_of_loss(text, x) > 1e-3);
    CHECK(rounding_error_of_loss(text, x) < 10);
  }
}
