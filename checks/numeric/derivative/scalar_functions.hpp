#pragma once

#include <span>
#include <string_view>

namespace gradcheck {

/// A function of one variable, evaluated in either arithmetic.
struct ScalarFunction {
  std::string_view name;
  double (*in_float64)(double);
  float (*in_float32)(float);
};

/// The functions whose derivatives are in exact_derivatives.inc.
const ScalarFunction& scalar_function(std::string_view name);

/// One row of that file.
struct ExactDerivative {
  std::string_view function;
  double x;
  const char* derivative;  ///< 30 digits
  double in_float64;       ///< the bound that is required there; 0: none
  double in_float32;
};
std::span<const ExactDerivative> exact_derivatives();

}  // namespace gradcheck
