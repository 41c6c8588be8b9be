#include <gradcheck/numeric/derivative/probe_rounding.hpp>
#include <gradcheck/numeric/derivative/steps.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

ProbeRounding::ProbeRounding(const Graph& graph, const EvaluationPoint& point,
                             std::optional<double> step, std::uint64_t seed)
    : graph_(graph), point_(point), step_(step), seed_(seed), leaves_(given_values(graph)) {}

Tensor ProbeRounding::reach_of(const Tensor& scales, double fraction) const {
  return map(scales, [&](double scale) { return step_ ? 2 * *step_ : scale * fraction; });
}

bool ProbeRounding::shared(ValueId from) const {
  return leaves_[from] && point_.ties.empty() && !point_.noise.any() &&
         own_scales(point_.values[from]);
}

Tensor ProbeRounding::of(ValueId from, const Tensor& scales, const Noise& noise, ValueId target) {
  if (shared(from)) {
    if (const std::optional<Tensor>& rounding_errors = of_leaves(target)) {
      return *rounding_errors;
    }
  }
  const double fraction = (noise.any() ? float32_fractions : double_fractions).rounding;
  return probe_rounding_errors(graph_, point_.values, point_.active, noise, from,
                               reach_of(scales, fraction), target, seed_);
}

const std::optional<Tensor>& ProbeRounding::of_leaves(ValueId target) {
  const auto known = for_leaves_.find(target);
  return known != for_leaves_.end()
             ? known->second
             : for_leaves_.emplace(target, measured_for_leaves(target)).first->second;
}

std::optional<Tensor> ProbeRounding::measured_for_leaves(ValueId target) const {
  const std::vector<bool> needed = upstream_values(graph_, target);
  std::map<ValueId, Tensor> reach;
  for (ValueId id = 0; id < leaves_.size(); ++id) {
    if (leaves_[id] && needed[id]) {
      if (const std::optional<Tensor> scales = own_scales(point_.values[id])) {
        reach.emplace(id, reach_of(*scales, double_fractions.rounding));
      }
    }
  }
  const auto rounding_errors_at = [&](const std::map<ValueId, Tensor>& moved) {
    return rounding_errors_nearby(graph_, point_.values, point_.active, moved, target, seed_);
  };
  const std::optional<Tensor> here =
      point_.in_float32 ? rounding_errors_at({}) : std::optional(point_.rounding_errors[target]);
  const std::optional<Tensor> nearby = rounding_errors_at(reach);
  if (!here || !nearby) {
    return std::nullopt;
  }
  return wider(*here, *nearby);
}

}  // namespace gradcheck
