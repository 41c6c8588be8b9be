#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/result/verdict.hpp>

namespace gradcheck {

/// The derivatives of one output by n entries at a point where it has a kink, as the point is
/// approached along a direction (an entry each); none where nothing usable is found there.
using NearbyGradient =
    std::function<std::optional<std::vector<double>>(std::span<const double> direction)>;

/// Whether a row of a Jacobian is a subgradient at a kink.
struct SubgradientCheck {
  /// `inconclusive` where neither is shown; moving the point off the kink settles it.
  Verdict verdict = Verdict::inconclusive;
  /// The element of the subdifferential found that is nearest to the row.
  std::vector<double> nearest;
};

/// Clarke's subdifferential is the convex hull of the limits of derivatives at points nearby
/// (F. H. Clarke, Optimization and Nonsmooth Analysis, 1983, theorem 2.5.1). Finite samples of it
/// are the basis of gradient sampling (Burke, Lewis and Overton, SIAM J. Optim. 15 (2005)
/// 751-779). Here the samples are chosen by `row`:
/// 1. each entry moves to the side whose one-sided derivative is nearer to the row's, and the
///    opposite of that;
/// 2. q is the point of the hull so far nearest to the row: if it is the row, `agree`;
/// 3. else samples along d = row − q and −d; where they lead no farther along d, many about them;
/// 4. if all of these stay on the near side, d separates the row from the subdifferential:
///    `disagree`.
/// `tolerance` is absolute, an entry each: what the row and the samples may be off.
SubgradientCheck check_subgradient(std::span<const double> row, std::span<const double> right,
                                   std::span<const double> left, std::span<const double> tolerance,
                                   const NearbyGradient& nearby, std::uint64_t seed);

}  // namespace gradcheck
