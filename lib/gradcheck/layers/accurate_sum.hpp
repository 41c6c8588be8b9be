#pragma once

#include <cmath>

namespace gradcheck {

/// A sum that rounds about as if it were kept in twice the precision: the rounding error of each
/// addition is recovered exactly and added at the end. A loss over many rows then carries the
/// rounding of one addition, not of all of them, and so does every difference of two losses.
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54 (1974).
template <class Real>
class AccurateSum {
 public:
  void add(Real term) {
    const Real sum = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - sum) + term : (term - sum) + sum_;
    sum_ = sum;
  }

  /// Infinite and NaN sums are returned as they are: what they lost means nothing.
  Real value() const { return std::isfinite(sum_) ? sum_ + lost_ : sum_; }

 private:
  Real sum_ = 0;
  Real lost_ = 0;
};

}  // namespace gradcheck
