#pragma once

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

/// Central quotients at steps that halve from each to the next, and the best that three of them in
/// a row say. They are extrapolated by Neville's scheme in h²: the value of three, at h, 2h and 4h,
/// is off by O(h⁶). How far is the larger of its distances to that of the nearer two alone, and to
/// the value of the next three, one step nearer: two measures that do not vanish together.
template <class Real>
class Ladder {
 public:
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
    rungs_ = {rungs_[1], rungs_[2], rung};
    ++count_;
    if (count_ < 3) {
      return;
    }
    const Best next = extrapolated();
    if (count_ > 3) {
      consider(next.value);
    }
    waiting_ = next;
  }

  const Best& best() const { return best_; }

 private:
  /// Of the three last rungs. A width w of the nearest becomes (64 + 20/2 + 1/4)/45 w.
  Best extrapolated() const {
    constexpr Real carried = Real(74.25) / 45;
    const auto three = [](Real d4, Real d2, Real d1) { return (64 * d1 - 20 * d2 + d4) / 45; };
    Best found;
    found.value = three(rungs_[0].slope, rungs_[1].slope, rungs_[2].slope);
    found.truncation = found.value - (4 * rungs_[2].slope - rungs_[1].slope) / 3;
    found.inherited = three(rungs_[0].inherited, rungs_[1].inherited, rungs_[2].inherited);
    found.rounding = carried * rungs_[2].rounding;
    found.variance = rungs_[2].variance;
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

  std::array<Rung<Real>, 3> rungs_;
  int count_ = 0;
  Best waiting_, best_;
};

}  // namespace gradcheck
