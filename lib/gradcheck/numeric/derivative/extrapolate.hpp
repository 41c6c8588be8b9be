#pragma once

#include <cmath>
#include <span>

namespace gradcheck {

/// A derivative, with what is known about its error.
struct Estimate {
  long double value = 0;
  long double truncation = 0;  ///< upper estimate of what the steps leave out
  long double rounding = 0;    ///< upper estimate of what rounding adds
  long double bound() const { return truncation + rounding; }
  /// Whether the steps were small enough to see the derivative at all: what they leave out is at
  /// most a hundredth of the value, or less than rounding.
  bool converged() const { return truncation <= rounding || truncation <= 0.01L * std::abs(value); }
};

/// Whether two estimates can be of one value.
inline bool compatible(const Estimate& a, const Estimate& b) {
  return std::abs(a.value - b.value) <= a.bound() + b.bound();
}

/// One difference quotient.
struct Quotient {
  long double step = 0;
  long double derivative = 0;
  long double rounding = 0;  ///< upper estimate of what rounding adds to `derivative`
  long double second_difference =
      0;  ///< of a central one: the derivative of the right side less that of the left
};

/// Extrapolates difference quotients, largest step first, to step 0 by Neville's scheme in h^order
/// (2 for central differences, whose error runs in even powers of h; 1 for one-sided ones) and
/// returns the entry of the tableau with the smallest bound. Its truncation is the larger of its
/// distances to the two entries it comes from (C. J. F. Ridders, Adv. Eng. Softw. 4 (1982) 75-76);
/// for two quotients, to the better of them: if D(h) = f' + c₂h² + c₄h⁴, the value errs by 4c₄h⁴
/// and that distance is c₂h² + 5c₄h⁴. At least two quotients are needed for a truncation: with one
/// it is infinite. Where the last of them change more slowly than such a series, it is the last one
/// as it is, with the rest of a geometric series.
Estimate extrapolate(std::span<const Quotient> quotients, int order);

/// The quotient with the smaller of the two steps as it is, its truncation taken from its distance
/// to the other: the textbook's difference with a bound, without extrapolation.
Estimate unextrapolated(const Quotient& large, const Quotient& small, int order);

}  // namespace gradcheck
