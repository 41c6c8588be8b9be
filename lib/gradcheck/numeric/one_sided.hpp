#pragma once

#include <vector>

#include <gradcheck/numeric/evaluator.hpp>
#include <gradcheck/numeric/extrapolate.hpp>
#include <gradcheck/numeric/point.hpp>

namespace gradcheck {

/// The slopes of one function at one point, coming from below and from above.
struct OneSidedSlopes {
  Estimate left;
  Estimate right;

  /// Whether they differ by more than their bounds and by `rtol`, and each settles down as the
  /// steps shrink: a kink. A jump or a cusp is none, since its quotients grow.
  bool kink(double rtol) const;
};

/// For d(target)/d(from[entry]), every entry of the target: what a layer that cannot say its
/// branches shows of a kink at the point itself. `step` is the largest of the steps taken. Empty
/// where forward cannot be evaluated on one of the sides.
std::vector<OneSidedSlopes> one_sided_slopes(const Graph& graph, const Point& point, ValueId from,
                                             std::size_t entry, ValueId target, double step);

}  // namespace gradcheck
