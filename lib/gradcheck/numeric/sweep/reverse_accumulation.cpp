#include <algorithm>
#include <iterator>

#include <gradcheck/numeric/sweep/numerical_vjp.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>
#include <gradcheck/tensor/parallel.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// A layer of which nothing is known is moved entry by entry, by about this many times the steps
/// that a check of a single entry takes.
constexpr std::size_t dearer = 4;

/// Entries of a product's gradient that are found at a time: what is known of them fits a cache.
constexpr std::size_t entries_at_once = std::size_t{1} << 14;

/// Σ seed, as derivatives that are known without error.
template <class Real>
NumericGradient<Real> exact(const Tensor& seed) {
  const TensorOf<Real> value = cast<Real>(seed);
  return {value, value, zeros<double>(shape_of(seed))};
}

template <class Real>
NumericGradient<Real> in_shape(NumericGradient<Real> gradient, const Shape& shape) {
  return {reshaped(std::move(gradient.value), shape), reshaped(std::move(gradient.coarser), shape),
          reshaped(std::move(gradient.variance), shape)};
}

/// Those of a reduction's output, for each entry that folds into it.
template <class Real>
NumericGradient<Real> spread(const NumericGradient<Real>& y,
                             const std::vector<std::uint32_t>& reduced_to) {
  NumericGradient<Real> each = zero_gradient<Real>({reduced_to.size()});
  for (std::size_t i = 0; i < reduced_to.size(); ++i) {
    each.value.data()[i] = y.value.data()[reduced_to[i]];
    each.coarser.data()[i] = y.coarser.data()[reduced_to[i]];
    each.variance.data()[i] = y.variance.data()[reduced_to[i]];
  }
  return each;
}

}  // namespace

bool linear_in(const Structure& structure, std::size_t slot) {
  return structure.kind == Kind::product || structure.kind == Kind::selection ||
         (structure.kept && !structure.slopes.empty()) || slot < structure.slopes.size();
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
  find_readers();
}

template <class Real>
void ReverseAccumulation<Real>::find_readers() {
  readers_.assign(graph_.values.size(), {});
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    const bool needed = std::ranges::any_of(node.outputs, [&](ValueId id) { return needed_[id]; });
    for (std::size_t slot = 0; needed && slot < node.inputs.size(); ++slot) {
      std::vector<std::size_t>& readers = readers_[node.inputs[slot]];
      if (node.layer->differentiable(slot) && (readers.empty() || readers.back() != k)) {
        readers.push_back(k);
      }
    }
  }
}

template <class Real>
const Structure& ReverseAccumulation<Real>::structure(std::size_t k) {
  const auto known = structures_.find(k);
  return known != structures_.end()
             ? known->second
             : structures_.emplace(k, structure_of(graph_, graph_.nodes[k])).first->second;
}

template <class Real>
typename ReverseAccumulation<Real>::Use ReverseAccumulation<Real>::use_of(std::size_t k,
                                                                          ValueId value) {
  return {k, structure(k).kind == Kind::selection ? every_input : value};
}

/// The nodes that a value moves a seed through and whose outputs are not known yet.
template <class Real>
std::set<std::size_t> ReverseAccumulation<Real>::unknown_nodes_behind(ValueId value) const {
  const auto unknown = [&](ValueId output) { return needed_[output] && !known_.contains(output); };
  std::set<std::size_t> nodes;
  std::vector<ValueId> open{value};
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    for (const std::size_t k : readers_[id]) {
      const std::vector<ValueId>& outputs = graph_.nodes[k].outputs;
      if (std::ranges::any_of(outputs, unknown) && nodes.insert(k).second) {
        std::ranges::copy_if(outputs, std::back_inserter(open), unknown);
      }
    }
  }
  return nodes;
}

/// From the last node back, so that what a value is used for is known before the value is.
template <class Real>
void ReverseAccumulation<Real>::find_what_is_behind(ValueId value) {
  const std::set<std::size_t> unknown = unknown_nodes_behind(value);
  for (auto k = unknown.rbegin(); k != unknown.rend(); ++k) {
    for (const ValueId output : graph_.nodes[*k].outputs) {
      if (needed_[output] && !known_.contains(output)) {
        known_[output] = sum_over_uses(output);
      }
    }
  }
}

template <class Real>
const std::optional<NumericGradient<Real>>& ReverseAccumulation<Real>::derivatives(ValueId value) {
  find_what_is_behind(value);
  if (!known_.contains(value)) {
    known_[value] = sum_over_uses(value);
  }
  return known_.at(value);
}

template <class Real>
bool ReverseAccumulation<Real>::reach(ValueId value) {
  if (known_.contains(value) || !only_operand(value)) {
    return derivatives(value).has_value();
  }
  find_what_is_behind(value);
  for (const std::size_t k : readers_[value]) {
    used_.emplace(k, value);
    if (!known_.at(graph_.nodes[k].outputs[0])) {
      return false;
    }
  }
  return true;
}

template <class Real>
void ReverseAccumulation<Real>::hand_on(ValueId value, const TakeBlock& take, std::size_t jobs) {
  if (known_.contains(value)) {
    take(0, *known_.at(value));
    return;
  }
  const std::vector<ProductGradient<Real>> uses = products(value);
  const std::size_t columns = std::max<std::size_t>(uses[0].columns(), 1);
  const std::size_t most = std::max<std::size_t>(entries_at_once / columns, 1);
  const std::size_t rows = uses[0].rows();
  std::size_t first = 0;
  in_order(
      jobs, (rows + most - 1) / most,
      [&](std::size_t k) {
        const std::size_t row = k * most, count = std::min(most, rows - row);
        NumericGradient<Real> sum = uses[0].block(row, count);
        for (std::size_t use = 1; use < uses.size(); ++use) {
          add(sum, uses[use].block(row, count));
        }
        return sum;
      },
      [&](const NumericGradient<Real>& block) {
        take(first, block);
        first += block.value.size();
      });
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::sum_over_uses(ValueId value) {
  NumericGradient<Real> sum = zero_gradient<Real>(graph_.values[value].shape);
  if (const auto seed = seeds_.find(value); seed != seeds_.end()) {
    add(sum, exact<Real>(seed->second));
  }
  for (const std::size_t k : readers_[value]) {
    const std::optional<NumericGradient<Real>> use = through(graph_.nodes[k], k, value);
    if (!use) {
      return std::nullopt;
    }
    add(sum, *use);
    used_.insert(use_of(k, value));
  }
  return sum;
}

template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through(const Graph::Node& node,
                                                                        std::size_t k,
                                                                        ValueId value) {
  const Structure& structure = this->structure(k);
  std::optional<NumericGradient<Real>> sum;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.inputs[slot] != value || !node.layer->differentiable(slot)) {
      continue;
    }
    if (!linear_in(structure, slot)) {
      const std::optional<NumericGradient<Real>> found = by_differences(node, k, value);
      return found || opaque_ == nullptr || !opaque_->knows(k) ? found
                                                               : through_opaque(node, k, value);
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
    const ProductGradient<Real> gradient = product(node, slot);
    return in_shape(gradient.block(0, gradient.rows()), shape);
  }
  if (structure.kept) {
    return through_sum(*z, structure.slopes[0], *structure.kept, shape);
  }
  return through_broadcast(*z, structure.slopes.empty() ? 1 : structure.slopes[slot], shape);
}

/// What becomes of an entry is seen by numbering them: the layer only moves them about.
template <class Real>
std::optional<NumericGradient<Real>> ReverseAccumulation<Real>::through_selection(
    const Graph::Node& node, std::size_t k, std::size_t slot) {
  if (!origins_.contains(k)) {
    origins_.emplace(k, origins(node, point_.active[k], point_.values));
  }
  std::vector<const NumericGradient<Real>*> y;  // null where nothing depends on the output
  for (const ValueId output : node.outputs) {
    const auto known = known_.find(output);
    if (known != known_.end() && !known->second) {
      return std::nullopt;
    }
    y.push_back(known == known_.end() ? nullptr : &*known->second);
  }
  NumericGradient<Real> found = zero_gradient<Real>(graph_.values[node.inputs[slot]].shape);
  for (const Origins& part : origins_.at(k)) {
    const auto weight = static_cast<Real>(part.weight);
    for (const Origins::Move& move : part.by_slot[slot]) {
      if (const NumericGradient<Real>* of = y[move.output]) {
        found.value.data()[move.entry] += weight * of->value.data()[move.to];
        found.coarser.data()[move.entry] += weight * of->coarser.data()[move.to];
        found.variance.data()[move.entry] += part.weight * of->variance.data()[move.to];
      }
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
  } else if (response.tells_changes()) {
    y = spread(*y, response.reduced_to());
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

/// Whether the value is used as an operand of products, once in each, and for nothing else.
template <class Real>
bool ReverseAccumulation<Real>::only_operand(ValueId value) {
  const auto as_operand = [&](std::size_t k) {
    const std::vector<ValueId>& inputs = graph_.nodes[k].inputs;
    return structure(k).kind == Kind::product && std::ranges::count(inputs, value) == 1 &&
           (inputs[0] == value || inputs[1] == value);
  };
  return !readers_[value].empty() && !seeds_.contains(value) &&
         std::ranges::all_of(readers_[value], as_operand);
}

template <class Real>
ProductGradient<Real> ReverseAccumulation<Real>::product(const Graph::Node& node,
                                                         std::size_t slot) const {
  using Of = typename ProductGradient<Real>::Of;
  const ValueId other = node.inputs[1 - slot];
  return {*known_.at(node.outputs[0]),
          {values_[other], point_.rounding_errors[other]},
          graph_.values[node.inputs[slot]].shape,
          slot == 0 ? Of::left : Of::right};
}

/// Those of a value that is nothing else than their operand.
template <class Real>
std::vector<ProductGradient<Real>> ReverseAccumulation<Real>::products(ValueId value) const {
  std::vector<ProductGradient<Real>> uses;
  for (const std::size_t k : readers_[value]) {
    const Graph::Node& node = graph_.nodes[k];
    uses.push_back(product(node, node.inputs[0] == value ? 0 : 1));
  }
  return uses;
}

template <class Real>
std::vector<Estimate> ReverseAccumulation<Real>::estimates(
    ValueId value, const std::vector<std::size_t>& entries) {
  if (!reach(value)) {
    return {};
  }
  std::vector<Estimate> found(entries.size());
  if (known_.contains(value)) {
    std::ranges::transform(entries, found.begin(),
                           [&](std::size_t i) { return known_.at(value)->estimate(i); });
    return found;
  }
  for (const ProductGradient<Real>& product : products(value)) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Estimate use = product.estimate(entries[i]);
      found[i].value += use.value;
      found[i].truncation += use.truncation;
      found[i].rounding += use.rounding;
    }
  }
  return found;
}

template class ReverseAccumulation<double>;
template class ReverseAccumulation<long double>;

}  // namespace gradcheck
