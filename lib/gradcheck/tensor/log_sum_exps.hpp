#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// S = Σ_k e^{z_k} over each lane of z along one axis, as S = e^m (1 + s), with m = max z and s the
/// sum of e^{z_k − m} over all others: nothing overflows, and ln S = m + ln(1 + s) keeps its digits
/// where one entry outweighs all others.
/// Source: P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41 (2021) 2311-2330.
template <class Real>
class LogSumExps {
 public:
  /// Along the axis of that extent, where `inner` is the product of the extents after it.
  explicit LogSumExps(const TensorOf<Real>& z, std::size_t extent, std::size_t inner = 1);

  /// e^{z_k} / S of entry k of a lane.
  Real probability(std::size_t lane, std::size_t k) const {
    return exponentials()[(lane / width_ * extent_ + k) * width_ + lane % width_] /
           (1 + others()[lane]);
  }
  /// What becomes of ln S of a lane where its entry k, of value z, alone moves by δ, with p that
  /// entry's probability and q = 1 − p that of all others:
  ///   ln(1 + p (e^δ − 1)) = δ + ln(1 + q (e^{−δ} − 1)),
  /// from the smaller of p and q, so that nothing cancels.
  struct LoneChange {
    Real sum;         ///< of ln S
    Real less_entry;  ///< of ln S − z

    /// Of a cross-entropy Σ_j t_j (ln S − z_j), with the entry's own t and the sum of all others.
    Real of_cross_entropy(Real own, Real others) const {
      return (others == 0 ? 0 : others * sum) + (own == 0 ? 0 : own * less_entry);
    }
  };
  LoneChange lone_change(std::size_t lane, std::size_t k, Real z, Real delta) const {
    const Real p = probability(lane, k);
    if (p <= Real(0.5)) {
      const Real sum = change_of_share(p, log_probability(lane, z), delta);
      return {sum, sum - delta};
    }
    const Real q = others()[lane] / (1 + others()[lane]);
    const Real less = change_of_share(q, std::log(q), -delta);
    return {less + delta, less};
  }
  /// z − ln S
  Real log_probability(std::size_t lane, Real z) const {
    return (z - maxima()[lane]) - logarithms()[lane];
  }

 private:
  /// ln(1 + share (e^δ − 1)), of at most ½; where e^δ may overflow, the 1 is lost beside it.
  static Real change_of_share(Real share, Real log_share, Real delta) {
    constexpr Real large = 700;
    const Real grown = log_share + delta;
    return delta > large ? std::max(grown, Real(0)) + std::log1p(std::exp(-std::abs(grown)))
                         : std::log1p(share * std::expm1(delta));
  }

  Real* maxima() { return numbers_.data(); }
  Real* others() { return numbers_.data() + lanes_; }
  Real* logarithms() { return numbers_.data() + 2 * lanes_; }
  Real* exponentials() { return numbers_.data() + 3 * lanes_; }
  const Real* maxima() const { return numbers_.data(); }
  const Real* others() const { return numbers_.data() + lanes_; }
  const Real* logarithms() const { return numbers_.data() + 2 * lanes_; }
  const Real* exponentials() const { return numbers_.data() + 3 * lanes_; }

  std::size_t extent_;
  std::size_t width_;  ///< lanes of a group, which are summed up abreast
  std::size_t lanes_;  ///< in full groups
  /// By lane: m of all, then s of all, then ln(1 + s) of all; then e^{z − m} by group, by k, by
  /// lane in the group.
  std::vector<Real> numbers_;
};

}  // namespace gradcheck
