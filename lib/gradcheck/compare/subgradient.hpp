#pragma once

#include <map>

#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// Judges the kinks of a point where they sit, and holds everything else accordingly.
///
/// At each kinked layer, with its upstream fixed, the gradient that the analytic side passes on
/// must lie in the span of the one-sided derivatives of the tied sites: a convex combination
/// of pieces for each site. The convex combination nearest to it is found (by least squares, sites
/// jointly) and returned as the branches on which the layer is held. A gradient outside the span
/// stays outside of what the numeric side then finds, and so is judged wrong like any other.
///
/// `gradients` are the analytic ones of all values; `claimed` replaces those of some values by what
/// somebody else (a derivation) says they are.
ActivePieces choose_subgradient(const Network& network, const EvaluationPoint& point,
                                const Values<double>& gradients,
                                const std::map<ValueId, Tensor>& claimed = {});

}  // namespace gradcheck
