#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gradcheck {

/// One difference quotient of a response, and what it inherits from the slopes that it was formed
/// with.
template <class Real>
struct Rung {
  Real slope = 0;
  Real inherited = 0;   ///< by how much `slope` would change with the coarser of those slopes
  Real rounding = 0;    ///< upper estimate of what rounding adds to `slope`
  double variance = 0;  ///< of the rounding of those slopes, as it arrives here
};

/// Central quotients at steps that halve from each to the next, and the best that five of them in a
/// row say. They are extrapolated by Neville's scheme in h²: the value of five, from 16h to h, is
/// off by O(h¹⁰). How far is the larger of its distances to that of the nearer four alone, and to
/// the value of the next five, one step nearer: two measures that do not vanish together.
template <class Real>
class Ladder {
 public:
  static constexpr int window = 5;

  struct Best {
    Real value = 0;
    Real truncation = 0;  ///< signed
    Real rounding = 0;
    Real inherited = 0;
    double variance = 0;
    int rung = -1;  ///< how many rungs lie above its nearest; -1 while there is none
    Real bound() const {
      return rung < 0 ? std::numeric_limits<Real>::infinity() : std::abs(truncation) + rounding;
    }
  };

  /// The next rung, nearer than the last.
  void add(const Rung<Real>& rung) {
    std::rotate(rungs_.begin(), rungs_.begin() + 1, rungs_.end());
    rungs_.back() = rung;
    ++count_;
    if (count_ < window) {
      return;
    }
    const Best next = extrapolated();
    if (count_ > window) {
      consider(next.value);
    }
    waiting_ = next;
  }

  const Best& best() const { return best_; }

 private:
  /// Of the last five rungs: T[k][j] = T[k][j−1] + (T[k][j−1] − T[k−1][j−1]) / (4ʲ − 1), in place.
  Best extrapolated() const {
    std::array<Rung<Real>, window> t = rungs_;
    Best found;
    Real ratio = 1;
    for (int j = 1; j < window; ++j) {
      ratio *= 4;
      found.truncation = t[window - 1].slope;
      for (int k = window - 1; k >= j; --k) {
        t[k].slope += (t[k].slope - t[k - 1].slope) / (ratio - 1);
        t[k].inherited += (t[k].inherited - t[k - 1].inherited) / (ratio - 1);
        t[k].rounding += (t[k].rounding + t[k - 1].rounding) / (ratio - 1);
      }
    }
    found.value = t[window - 1].slope;
    found.truncation = found.value - found.truncation;
    found.inherited = t[window - 1].inherited;
    found.rounding = t[window - 1].rounding;
    found.variance = rungs_.back().variance;
    found.rung = count_ - 1;
    return found;
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

  std::array<Rung<Real>, window> rungs_;
  int count_ = 0;
  Best waiting_, best_;
};

}  // namespace gradcheck
