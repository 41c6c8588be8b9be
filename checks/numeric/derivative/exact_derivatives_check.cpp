#include <cmath>
#include <cstdlib>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/derivative.hpp>

#include "numeric/derivative/scalar_functions.hpp"
#include "numeric/derivative/scalar_response.hpp"

using namespace gradcheck;

namespace {

/// The function itself is rounded: in float32, its constants too.
constexpr double own_roundings = 8;

void check(const ExactDerivative& row, Arithmetic arithmetic, double required) {
  const ScalarFunction& f = scalar_function(row.function);
  const auto value = [&](double x) {
    return arithmetic == Arithmetic::float64 ? f.in_float64(x)
                                             : f.in_float32(static_cast<float>(x));
  };
  const double exact = std::strtod(row.derivative, nullptr);
  for (const Ladder ladder : {Ladder::first, Ladder::independent}) {
    ScalarResponse response(value, row.x, arithmetic, row.x == 0 ? 1 : 0);
    const Derivative d = ladder_derivative(response, ladder).at(0);
    CAPTURE(row.function);
    CAPTURE(row.x);
    CAPTURE(exact);
    CAPTURE(d.value);
    const double rounding = own_roundings * response.unit_roundoff() * std::abs(exact);
    CHECK(
        (d.seen == Seen::smooth || d.seen == Seen::staircase));  // of what cancels, a quantum shows
    CHECK(std::abs(d.value - exact) <= d.bound() + rounding);
    CHECK(d.bound() <= required);
  }
}

}  // namespace

TEST_CASE("derivative: of all functions in the table, exact within its bound, in float64") {
  CHECK(exact_derivatives().size() > 200);
  for (const ExactDerivative& row : exact_derivatives()) {
    check(row, Arithmetic::float64, row.in_float64);
  }
}

TEST_CASE("derivative: of all functions in the table, exact within its bound, in float32") {
  for (const ExactDerivative& row : exact_derivatives()) {
    if (row.in_float32 > 0) {
      check(row, Arithmetic::float32, row.in_float32);
    }
  }
}
