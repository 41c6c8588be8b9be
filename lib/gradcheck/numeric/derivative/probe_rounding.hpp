#pragma once

#include <map>
#include <optional>
#include <vector>

#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// How far rounding moves a target where probes see it: the larger of its rounding errors at the
/// point and a step away from it, since a function that is flat at the point itself (a minimum) is
/// not flat where the probes are.
///
/// All leaves of a network share one such measurement: at the point it is the survey's, and for the
/// other all of them are moved at once. A value on its way, a leaf of zeros, and every value of a
/// network with ties or float32 layers in it has a measurement of its own.
class ProbeRounding {
 public:
  /// Graph and point must outlive it; `step` is the user's, if one is fixed.
  ProbeRounding(const Graph& graph, const EvaluationPoint& point, std::optional<double> step,
                std::uint64_t seed);

  /// The rounding errors of the target's entries for probes that move `from`, with its `scales`;
  /// `noise` is that between the two.
  Tensor of(ValueId from, const Tensor& scales, const Noise& noise, ValueId target);

 private:
  Tensor reach_of(const Tensor& scales, double fraction) const;
  bool shared(ValueId from) const;
  const std::optional<Tensor>& of_leaves(ValueId target);
  std::optional<Tensor> measured_for_leaves(ValueId target) const;

  const Graph& graph_;
  const EvaluationPoint& point_;
  std::optional<double> step_;
  std::uint64_t seed_;
  std::vector<bool> leaves_;                             ///< by value
  std::map<ValueId, std::optional<Tensor>> for_leaves_;  ///< by target; none: not to be had
};

}  // namespace gradcheck
