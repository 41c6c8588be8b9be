#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace gradcheck {

/// One difference quotient of a response, and what it inherits from the derivatives that it was
/// formed with.
template <class Real>
struct Level {
  Real derivative = 0;
  Real inherited =
      0;  ///< by how much `derivative` would change with the coarser of those derivatives
  Real rounding = 0;    ///< upper estimate of what rounding adds to `derivative`
  double variance = 0;  ///< of the rounding of those derivatives, as it arrives here
};

/// Central quotients at steps that halve from each to the next, and the best that five of them in a
/// row say. They are extrapolated by Neville's scheme in h²: the value of five, from 16h to h, is
/// off by O(h¹⁰). How far is the larger of its distances to that of the nearer four alone, and to
/// the value of the next five, one step nearer: two measures that do not vanish together.
template <class Real>
class RichardsonTableau {
 public:
  static constexpr int window = 5;

  struct Best {
    Real value = 0;
    Real truncation = 0;  ///< signed
    Real rounding = 0;
    Real inherited = 0;
    double variance = 0;
    int level = -1;  ///< how many levels lie above its nearest; -1 while there is none
    Real bound() const {
      return level < 0 ? std::numeric_limits<Real>::infinity() : std::abs(truncation) + rounding;
    }
  };

  /// The next level, nearer than the last.
  void add(const Level<Real>& level) {
    add_row(level);
    ++count_;
    if (count_ < window) {
      return;
    }
    const Best next = extrapolated(level.variance);
    if (count_ > window) {
      consider(next.value);
    }
    waiting_ = next;
  }

  const Best& best() const { return best_; }

 private:
  using Row = std::array<Level<Real>, window>;

  /// The tableau's next row in place of the one before:
  /// T[k][j] = T[k][j−1] + (T[k][j−1] − T[k−1][j−1]) / (4ʲ − 1), which has levels k − j to k in it;
  /// of no meaning while there are fewer.
  void add_row(const Level<Real>& level) {
    Level<Real> farther = std::exchange(row_[0], level);
    Real ratio = 1;
    for (int j = 1; j < window; ++j) {
      ratio *= 4;
      const Level<Real>& near = row_[j - 1];
      Level<Real> next;
      next.derivative = near.derivative + (near.derivative - farther.derivative) / (ratio - 1);
      next.inherited = near.inherited + (near.inherited - farther.inherited) / (ratio - 1);
      next.rounding = near.rounding + (near.rounding + farther.rounding) / (ratio - 1);
      farther = std::exchange(row_[j], next);
    }
  }

  /// What the last five levels say together.
  Best extrapolated(double variance) const {
    const Level<Real>& all = row_[window - 1];
    const Real truncation = all.derivative - row_[window - 2].derivative;
    return {all.derivative, truncation, all.rounding, all.inherited, variance, count_ - 1};
  }

  /// Whether the value that was waiting for the next is the best so far.
  void consider(Real nearer) {
    const Real step = waiting_.value - nearer;
    if (!(std::abs(step) <= std::abs(waiting_.truncation))) {
      waiting_.truncation = step;
    }
    if (waiting_.bound() < best_.bound()) {
      best_ = waiting_;
    }
  }

  Row row_;  ///< T[k][0] to T[k][4], of the level k that was added last
  int count_ = 0;
  Best waiting_, best_;
};

}  // namespace gradcheck
