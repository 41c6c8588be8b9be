#pragma once

#include <functional>
#include <string>
#include <vector>

#include "numeric/derivative/scalar_response.hpp"

namespace gradcheck {

/// Functions of one variable of one kind, at random points.
struct Family {
  std::string name;
  ScalarResponse::Function function;                   ///< as computed, in its own arithmetic
  std::function<long double(long double)> derivative;  ///< exact
  std::function<double(double)> point;                 ///< of a number spread evenly over [0, 1]
  Arithmetic arithmetic = Arithmetic::float64;
  double scale = 0;  ///< of the tensor that the argument stands in; 0: its own size
};

/// Cancellation, saturation, offsets, stairs, noise, kinks nearby, narrow features, edges of
/// domains.
std::vector<Family> families();

}  // namespace gradcheck
