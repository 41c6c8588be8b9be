#pragma once

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
  /// By how much ln S of that lane is more elsewhere, to the digits of a step of the maximum.
  Real change_to(const LogSumExps& there, std::size_t lane) const {
    return (there.maxima()[lane] - maxima()[lane]) +
           (there.logarithms()[lane] - logarithms()[lane]);
  }
  /// z − ln S
  Real log_probability(std::size_t lane, Real z) const {
    return (z - maxima()[lane]) - logarithms()[lane];
  }

 private:
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
