#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/extrapolate.hpp>

namespace gradcheck {

/// What a function looks like on both sides of a point, in one direction.
enum class Feature {
  smooth,  ///< the quotients of both sides go to one derivative, or it cannot be told
  kink,    ///< those of each side go to a derivative of its own
  jump,    ///< those of one side grow as the step shrinks: a jump, a cusp, an infinite derivative
};

/// One-sided derivatives of one entry of the target.
struct Sides {
  Feature feature = Feature::smooth;
  Estimate left;
  Estimate right;
};

/// Tells from the quotients (f(x) − f(x − h)) / h and (f(x + h) − f(x)) / h at the same steps, the
/// largest first, each half of the one before; none on a side where the function ends.
Sides sides_of(const std::vector<Quotient>& left, const std::vector<Quotient>& right);

}  // namespace gradcheck
