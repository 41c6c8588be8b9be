#pragma once

#include <string>
#include <vector>

#include <gradcheck/analytic/analytic.hpp>

namespace gradcheck {

/// What comes of testing that backward is linear in its upstream.
struct Linearity {
  /// By value: what is wrong with its gradient; empty where nothing is.
  std::vector<std::string> findings;
  /// By value: how far its gradient is from linear relative to itself, where that is more than the
  /// rounding of double and no more than that of float32: an opaque layer then calculates in
  /// float32 inside. 0 elsewhere.
  std::vector<double> coarseness;
};

/// With the upstream times −3 and times 100 every gradient is too; and the gradient under a sum of
/// two upstreams, as an opaque layer gets it, is the sum of theirs. What counts as rounding is
/// measured, for an opaque layer under each of these upstreams.
Linearity linearity_of(const Network& network, const EvaluationPoint& point,
                       const Gradients& gradients, const CheckOptions& options);

}  // namespace gradcheck
