#pragma once

#include <cmath>
#include <span>
#include <vector>

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

/// For each term the sum of all others, without subtracting: exact to rounding even where one
/// outweighs the rest.
template <class Real>
std::vector<Real> sums_of_others(std::span<const Real> terms) {
  std::vector<Real> others(terms.size());
  Real before = 0;
  for (std::size_t j = 0; j < terms.size(); ++j) {
    others[j] = before;
    before += terms[j];
  }
  Real after = 0;
  for (std::size_t j = terms.size(); j-- > 0;) {
    others[j] += after;
    after += terms[j];
  }
  return others;
}

}  // namespace gradcheck
