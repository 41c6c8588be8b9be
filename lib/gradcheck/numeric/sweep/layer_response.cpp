#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// What `Forward::change_terms` means by a few.
constexpr int roundings_told = 4;

template <class Real>
TensorOf<Real> joined(Tensors<Real> tensors) {
  if (tensors.size() == 1) {
    return std::move(tensors[0]);
  }
  std::size_t size = 0;
  for (const TensorOf<Real>& t : tensors) {
    size += t.size();
  }
  TensorOf<Real> all = empty<Real>({size});
  Real* next = all.data();
  for (const TensorOf<Real>& t : tensors) {
    next = std::copy_n(t.data(), t.size(), next);
  }
  return all;
}

/// Output i of `outputs` belongs to row i / (outputs / rows).
std::vector<std::uint32_t> in_order(std::size_t rows, std::size_t outputs) {
  std::vector<std::uint32_t> row_of(outputs);
  for (std::size_t i = 0; i < outputs; ++i) {
    row_of[i] = static_cast<std::uint32_t>(i / (outputs / rows));
  }
  return row_of;
}

}  // namespace

Structure structure_of(const Graph& graph, const Graph::Node& node) {
  std::vector<Shape> shapes;
  for (const ValueId id : node.inputs) {
    shapes.push_back(graph.values[id].shape);
  }
  return node.layer->structure(shapes);
}

namespace {

/// Where the entries of outputs come from whose inputs' entries are numbered from 1 on, one input
/// after another: `first` has the number of each input's first, and one beyond all.
std::vector<std::vector<Origins::Move>> moves_by_slot(const Tensors<double>& outputs,
                                                      const std::vector<double>& first) {
  std::vector<std::vector<Origins::Move>> moves(first.size() - 1);
  for (std::size_t output = 0; output < outputs.size(); ++output) {
    const std::span<const double> numbers = entries(outputs[output]);
    for (std::size_t to = 0; to < numbers.size(); ++to) {
      if (numbers[to] >= 1 && numbers[to] < first.back()) {
        const auto after = std::ranges::upper_bound(first, numbers[to]);
        const std::size_t slot = static_cast<std::size_t>(after - first.begin()) - 1;
        moves[slot].push_back({static_cast<std::uint32_t>(numbers[to] - first[slot]),
                               static_cast<std::uint32_t>(output), static_cast<std::uint32_t>(to)});
      }
    }
  }
  return moves;
}

}  // namespace

std::vector<Origins> origins(const Graph::Node& node, const ConvexCombination& active,
                             const Values<double>& values) {
  std::vector<const Tensor*> x = inputs_of(node.inputs, values);
  Tensors<double> numbered;
  numbered.reserve(x.size());
  std::vector<double> first{1};
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    double next = first.back();
    if (node.layer->differentiable(slot)) {
      numbered.push_back(empty_like(*x[slot]));
      std::ranges::generate(entries(numbered.back()), [&next] { return next++; });
      x[slot] = &numbered.back();
    }
    first.push_back(next);
  }
  const auto along = [&](const ConvexCombination& pieces, double weight) {
    return Origins{weight,
                   moves_by_slot(forward_on(*node.layer, pieces, Inputs<double>(x)), first)};
  };
  if (active.parts.empty()) {
    return {along(active, 1)};
  }
  std::vector<Origins> parts;
  for (const ConvexCombination::Part& part : active.parts) {
    parts.push_back(along({{{1, part.branches}}}, part.weight));
  }
  return parts;
}

template <class Real>
LayerResponse<Real>::LayerResponse(const Graph& graph, const Graph::Node& node,
                                   const ConvexCombination& active, const Values<Real>& values,
                                   ValueId value)
    : node_(node), active_(active), values_(inputs_of(node.inputs, values)) {
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    moved_.push_back(node.inputs[slot] == value && node.layer->differentiable(slot));
  }
  value_ = static_cast<std::size_t>(std::ranges::find(moved_, true) - moved_.begin());
  const Structure structure = structure_of(graph, node);
  sum_ = structure.kind == Kind::terms || structure.kind == Kind::row_terms;
  divisor_ = structure.divisor;
  if (structure.kind == Kind::elementwise) {
    see_as_entries(graph.values[node.outputs[0]].shape);
  } else if (structure.kind == Kind::terms) {
    see_as_entries(shape_of(*values_[0]));
  } else if (!see_alone(structure) && !see_as_rows(structure, graph)) {
    see_as_one(graph);
  }
}

/// False where the layer does not tell what its first input's entries change alone.
template <class Real>
bool LayerResponse<Real>::see_alone(const Structure& structure) {
  const bool reduction = structure.kept && structure.slopes.empty();
  const bool one_slot = value_ == 0 && std::ranges::count(moved_, true) == 1;
  if (!(structure.kind == Kind::row_terms || reduction) || !one_slot || !smooth()) {
    return false;
  }
  tells_changes_ = true;
  tells_changes_ = changing_outputs(values_, value()).has_value();
  if (!tells_changes_) {
    return false;
  }
  see_as_entries(shape_of(value()));
  for (const std::size_t folded : reduction
                                      ? broadcast_positions(*structure.kept, shape_of(value()))
                                      : std::vector<std::size_t>{}) {
    reduced_to_.push_back(static_cast<std::uint32_t>(folded));
  }
  return true;
}

template <class Real>
void LayerResponse<Real>::see_as_entries(const Shape& outputs) {
  const Shape shape = shape_of(value());
  rows_ = value().size();
  if (shape == outputs) {
    row_of_output_.resize(rows_);
    std::iota(row_of_output_.begin(), row_of_output_.end(), 0u);
    return;
  }
  for (const std::size_t position : broadcast_positions(shape, outputs)) {
    row_of_output_.push_back(static_cast<std::uint32_t>(position));
  }
}

/// False where the value is not read row by row, in every slot in which it stands.
template <class Real>
bool LayerResponse<Real>::see_as_rows(const Structure& structure, const Graph& graph) {
  const bool by_rows = structure.kind == Kind::by_rows;
  for (std::size_t slot = 0; slot < moved_.size(); ++slot) {
    const bool row_by_row =
        by_rows ? structure.rows[slot] : structure.kind == Kind::row_terms && slot == 0;
    if (moved_[slot] && !row_by_row) {
      return false;
    }
  }
  const std::size_t last = value().dimension() == 0 ? 1 : value().shape().back();
  const std::size_t rows = by_rows ? value().shape()[0] : last == 0 ? 0 : value().size() / last;
  const std::size_t outputs = by_rows ? entries_of(graph.values[node_.outputs[0]].shape) : rows;
  if (value().size() == 0 || outputs == 0) {
    return false;
  }
  rows_ = rows;
  features_ = value().size() / rows;
  row_of_output_ = in_order(rows, outputs);
  return true;
}

template <class Real>
void LayerResponse<Real>::see_as_one(const Graph& graph) {
  rows_ = 1;
  features_ = value().size();
  std::size_t outputs = 0;
  if (sum_) {
    outputs = terms(values_).size();
  } else {
    for (const ValueId output : node_.outputs) {
      outputs += entries_of(graph.values[output].shape);
    }
  }
  row_of_output_.assign(outputs, 0);
}

template <class Real>
std::vector<const TensorOf<Real>*> LayerResponse<Real>::with(
    std::vector<const TensorOf<Real>*> inputs, const TensorOf<Real>& x) const {
  for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
    inputs[slot] = moved_[slot] ? &x : inputs[slot];
  }
  return inputs;
}

template <class Real>
TensorOf<Real> LayerResponse<Real>::terms(const std::vector<const TensorOf<Real>*>& x) const {
  if (active_.parts.empty()) {
    return map(node_.layer->terms({}, Inputs<Real>(x)),
               [this](Real term) { return term / static_cast<Real>(divisor_); });
  }
  TensorOf<Real> sum;
  for (const ConvexCombination::Part& part : active_.parts) {
    const Real weight = static_cast<Real>(part.weight) / static_cast<Real>(divisor_);
    const TensorOf<Real> scaled = map(node_.layer->terms(part.branches, Inputs<Real>(x)),
                                      [weight](Real term) { return weight * term; });
    sum = &part == &active_.parts.front() ? scaled
                                          : map2(sum, scaled, [](Real a, Real b) { return a + b; });
  }
  return sum;
}

template <class Real>
std::optional<TensorOf<Real>> LayerResponse<Real>::outputs(const TensorOf<Real>& x) const {
  return outputs(with(values_, x));
}

template <class Real>
std::optional<TensorOf<Real>> LayerResponse<Real>::outputs(
    const std::vector<const TensorOf<Real>*>& x) const {
  try {
    return sum_ ? terms(x) : joined(forward_on(*node_.layer, active_, Inputs<Real>(x)));
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// False where the layer does not tell, or not in this precision.
template <class Real>
bool LayerResponse<Real>::tell(const std::vector<const TensorOf<Real>*>& inputs,
                               const TensorOf<Real>& x, TensorOf<Real>& changes) const {
  if constexpr (std::is_same_v<Real, double>) {
    std::vector<std::uint32_t> all(x.size());
    std::iota(all.begin(), all.end(), 0u);
    if (!node_.layer->change_terms(Inputs<double>(inputs), all, x, entries(changes))) {
      return false;
    }
    changes = map(changes, [this](double change) { return change / divisor_; });
    return true;
  } else {
    return false;
  }
}

template <class Real>
std::optional<TensorOf<Real>> LayerResponse<Real>::changing_outputs(
    const std::vector<const TensorOf<Real>*>& inputs, const TensorOf<Real>& x) const {
  if (!tells_changes_) {
    return outputs(with(inputs, x));
  }
  TensorOf<Real> changes = empty<Real>({x.size()});
  try {
    return tell(inputs, x, changes) ? std::optional(std::move(changes)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

template <class Real>
Real LayerResponse<Real>::rounding_of_change(Real change, Real delta) const {
  const Real unit = machine_epsilon<Real>();
  if (!tells_changes_) {
    return 2 * unit * std::abs(change);
  }
  return roundings_told * unit * (std::abs(change) + std::abs(delta) / static_cast<Real>(divisor_));
}

template <class Real>
std::optional<Real> LayerResponse<Real>::sum(const TensorOf<Real>& x) const {
  try {
    return forward_on(*node_.layer, active_, Inputs<Real>(with(values_, x)))[0].data()[0];
  } catch (const Error&) {
    return std::nullopt;
  }
}

template class LayerResponse<double>;
template class LayerResponse<long double>;

}  // namespace gradcheck
