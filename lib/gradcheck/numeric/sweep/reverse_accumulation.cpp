#include <algorithm>

#include <gradcheck/numeric/sweep/numerical_vjp.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// A layer of which nothing is known is moved entry by entry, by about this many times the steps
/// that a check of a single entry takes.
constexpr std::size_t dearer = 4;

/// Σ seed, as derivatives that are known without error.
template <class Real>
NumericGradient<Real> exact(const Tensor& seed) {
  const TensorOf<Real> value = cast<Real>(seed);
  return {value, value, zeros<double>(shape_of(seed))};
}

}  // namespace

bool linear_in(const Structure& structure, const ConvexCombination& active, std::size_t slot) {
  return structure.kind == Kind::product ||
         (structure.kind == Kind::selection && !is_mixed(active)) || structure.kept.has_value() ||
         (slot < structure.slopes.size());
}

template <class Real>
ReverseAccumulation<Real>::ReverseAccumulation(const Graph& graph, const EvaluationPoint& point,
                                               const Values<Real>& values, std::uint64_t seed,
                                               OpaqueGradients* opaque)
    : graph_(graph), point_(point), values_(values), seed_(seed), opaque_(opaque) {}

template <class Real>
void ReverseAccumulation<Real>::aim(std::map<ValueId, Tensor> seeds) {
  seeds_ = std::move(seeds);
  known_.clear();
  used_.clear();
  needed_.assign(graph_.values.size(), false);
  for (const auto& [target, seed] : seeds_) {
    const std::vector<bool> upstream = upstream_values(graph_, target);
    for (ValueId id = 0; id < needed_.size(); ++id) {
      needed_[id] = needed_[id] || upstream[id];
    }
  }
}

/// From the last node back, so that what a value is used for is known before the value is.
template <class Real>
const std::optional<NumericGradient<Real>>& ReverseAccumulation<Real>::derivatives(ValueId value) {
  const std::vector<bool> reached = downstream_nodes(graph_, value);
  for (std::size_t k = graph_.nodes.size(); k-- > 0;) {
    for (const ValueId output : graph_.nodes[k].outputs) {
      if (reached[k] && needed_[output] && !known_.contains(output)) {
        known_[output] = sum_over_uses(output);
      }
    }
  }
  if (!known_.contains(value)) {
    known_[value] = sum_over_uses(value);
  }
  return known_.at(value);
}

template <class Real>
bool ReverseAccumulation<Real>::counts(const Graph::Node& node, ValueId value) const {
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.inputs[slot] == value && node.layer->differentiable(slot)) {
      return std::ranges::any_of(node.outputs, [&](ValueId id) { return needed_[id]; });
    }
  }
  return false;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::sum_over_uses(ValueId value) {
  NumericGradient<Real> sum = zero_gradient<Real>(graph_.values[value].shape);
  if (const auto seed = seeds_.find(value); seed != seeds_.end()) {
    add(sum, exact<Real>(seed->second));
  }
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    if (counts(graph_.nodes[k], value)) {
      const std::optional<NumericGradient<Real>> use = through(graph_.nodes[k], k, value);
      if (!use) {
        return std::nullopt;
      }
      add(sum, *use);
      used_.emplace(k, value);
    }
  }
  return sum;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through(const Graph::Node& node,
                                                                        std::size_t k,
                                                                        ValueId value) {
  const Structure structure = structure_of(graph_, node);
  std::optional<NumericGradient<Real>> sum;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.inputs[slot] != value || !node.layer->differentiable(slot)) {
      continue;
    }
    if (!linear_in(structure, point_.active[k], slot)) {
      const std::optional<NumericGradient<Real>> found = by_differences(node, k, value);
      return found || opaque_ == nullptr ? found : through_opaque(node, k, value);
    }
    const std::optional<NumericGradient<Real>> use = structure.kind == Kind::selection
                                                         ? through_selection(node, k, slot)
                                                         : through_linear(node, structure, slot);
    if (!use) {
      return std::nullopt;
    }
    sum ? add(*sum, *use) : void(sum = use);
  }
  return sum;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through_linear(
    const Graph::Node& node, const Structure& structure, std::size_t slot) {
  const std::optional<NumericGradient<Real>>& z = known_.at(node.outputs[0]);
  if (!z) {
    return std::nullopt;
  }
  const Shape& shape = graph_.values[node.inputs[slot]].shape;
  if (structure.kind == Kind::product && slot < 2) {
    const ValueId id = node.inputs[1 - slot];
    const Operand<Real> other{values_[id], point_.rounding_errors[id]};
    return slot == 0 ? through_left_operand(*z, other, shape)
                     : through_right_operand(*z, other, shape);
  }
  if (structure.kept) {
    return through_sum(*z, structure.slopes[0], *structure.kept, shape);
  }
  return through_broadcast(*z, structure.slopes.empty() ? 1 : structure.slopes[slot], shape);
}

/// What becomes of an entry is seen by numbering them: the layer only moves them about.
template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through_selection(
    const Graph::Node& node, std::size_t k, std::size_t slot) const {
  const std::optional<NumericGradient<Real>> y = of_outputs(node);
  if (!y) {
    return std::nullopt;
  }
  NumericGradient<Real> found = zero_gradient<Real>(graph_.values[node.inputs[slot]].shape);
  const std::vector<std::size_t> origin = origins(node, point_.active[k], point_.values, slot);
  for (std::size_t o = 0; o < origin.size(); ++o) {
    if (origin[o] < found.value.size()) {
      found.value.data()[origin[o]] += y->value.data()[o];
      found.coarser.data()[origin[o]] += y->coarser.data()[o];
      found.variance.data()[origin[o]] += y->variance.data()[o];
    }
  }
  return found;
}

/// The derivatives of all outputs of a node, one after another.
template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::of_outputs(
    const Graph::Node& node) const {
  std::size_t size = 0;
  for (const ValueId output : node.outputs) {
    size += entries_of(graph_.values[output].shape);
  }
  NumericGradient<Real> all = zero_gradient<Real>({size});
  std::size_t next = 0;
  for (const ValueId output : node.outputs) {
    const std::size_t count = entries_of(graph_.values[output].shape);
    const auto known = known_.find(output);
    if (known != known_.end() && !known->second) {
      return std::nullopt;
    }
    if (known != known_.end()) {
      std::copy_n(known->second->value.data(), count, all.value.data() + next);
      std::copy_n(known->second->coarser.data(), count, all.coarser.data() + next);
      std::copy_n(known->second->variance.data(), count, all.variance.data() + next);
    }
    next += count;
  }
  return all;
}

/// Whether moving the value's features one after another costs less than checking what is behind it
/// entry by entry.
template <class Real>
bool ReverseAccumulation<Real>::worthwhile(const LayerResponse<Real>& response,
                                           ValueId value) const {
  if (response.rows() > 1 || response.features() == 1) {
    return true;
  }
  const std::vector<bool> upstream = upstream_values(graph_, value);
  const std::vector<bool> given = given_values(graph_);
  std::size_t leaves = 0;
  for (ValueId id = 0; id < upstream.size(); ++id) {
    const bool leaf = upstream[id] && given[id] && id != value;
    leaves += leaf ? entries_of(graph_.values[id].shape) : 0;
  }
  return dearer * response.features() <= leaves;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::by_differences(
    const Graph::Node& node, std::size_t k, ValueId value) {
  if (!node.layer->in_long_double() || node.layer->precision() != Precision::float64) {
    return std::nullopt;
  }
  std::optional<NumericGradient<Real>> y = of_outputs(node);
  if (!y) {
    return std::nullopt;
  }
  const LayerResponse<Real> response(graph_, node, point_.active[k], values_, value);
  if (!worthwhile(response, value)) {
    return std::nullopt;
  }
  if (response.is_sum()) {
    const NumericGradient<Real> total = *y;
    const Shape terms{response.row_of_output().size()};
    y = NumericGradient<Real>{full<Real>(terms, total.value.data()[0]),
                              full<Real>(terms, total.coarser.data()[0]),
                              full<double>(terms, total.variance.data()[0])};
  }
  std::vector<const Tensor*> rounding_errors = inputs_of(node.inputs, point_.rounding_errors);
  NumericalVjp<Real> local(response, *y, std::move(rounding_errors), seed_);
  std::optional<NumericGradient<Real>> found = local.run();
  probes_ += local.probes();
  return found;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through_opaque(
    const Graph::Node& node, std::size_t k, ValueId value) {
  const std::optional<NumericGradient<Real>> y = of_outputs(node);
  if constexpr (std::is_same_v<Real, double>) {
    NumericGradient<double> sum = zero_gradient<double>(graph_.values[value].shape);
    for (std::size_t slot = 0; y && slot < node.inputs.size(); ++slot) {
      if (node.inputs[slot] == value && node.layer->differentiable(slot)) {
        add(sum, opaque_->through(k, slot, *y));
      }
    }
    return y ? std::optional(sum) : std::nullopt;
  } else {
    return std::nullopt;
  }
}

/// Whether the value is used as the right operand of products, and for nothing else.
template <class Real>
bool ReverseAccumulation<Real>::only_right_operand(ValueId value) const {
  return std::ranges::all_of(graph_.nodes, [&](const Graph::Node& node) {
    const bool product = structure_of(graph_, node).kind == Kind::product;
    return !counts(node, value) ||
           (product && node.inputs[1] == value && std::ranges::count(node.inputs, value) == 1);
  });
}

template <class Real>
std::vector<Estimate> ReverseAccumulation<Real>::estimates(
    ValueId value, const std::vector<std::size_t>& entries) {
  std::vector<Estimate> found(entries.size());
  if (!only_right_operand(value)) {
    const std::optional<NumericGradient<Real>>& all = derivatives(value);
    for (std::size_t i = 0; all && i < entries.size(); ++i) {
      found[i] = all->estimate(entries[i]);
    }
    return all ? found : std::vector<Estimate>{};
  }
  for (const Graph::Node& node : graph_.nodes) {
    if (!counts(node, value)) {
      continue;
    }
    const std::optional<NumericGradient<Real>>& z = derivatives(node.outputs[0]);
    if (!z) {
      return {};
    }
    const std::vector<Estimate> use = through_right_operand<Real>(
        *z, {values_[node.inputs[0]], point_.rounding_errors[node.inputs[0]]},
        graph_.values[value].shape, entries);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      found[i].value += use[i].value;
      found[i].truncation += use[i].truncation;
      found[i].rounding += use[i].rounding;
    }
  }
  return found;
}

template class ReverseAccumulation<double>;
template class ReverseAccumulation<long double>;

}  // namespace gradcheck
