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

std::vector<std::size_t> origins(const Graph::Node& node, const ConvexCombination& active,
                                 const Values<double>& values, std::size_t slot) {
  std::vector<const Tensor*> x = inputs_of(node.inputs, values);
  const std::size_t size = x[slot]->size();
  Tensors<double> numbered;
  numbered.reserve(x.size());
  for (std::size_t s = 0; s < x.size(); ++s) {
    if (node.layer->differentiable(s)) {
      numbered.push_back(full<double>(shape_of(*x[s]), static_cast<double>(size)));
      if (s == slot) {
        std::iota(numbered.back().begin(), numbered.back().end(), 0.0);
      }
      x[s] = &numbered.back();
    }
  }
  const Tensor y = joined(forward_on(*node.layer, active, Inputs<double>(x)));
  std::vector<std::size_t> origin;
  for (const double number : entries(y)) {
    const bool known = number >= 0 && number < static_cast<double>(size);
    origin.push_back(known ? static_cast<std::size_t>(number) : size);
  }
  return origin;
}

template <class Real>
bool told_changes(const Graph::Node& node, double divisor, Inputs<Real> x,
                  std::span<const std::uint32_t> rows, const TensorOf<Real>& moved,
                  std::span<Real> changes) {
  if constexpr (std::is_same_v<Real, double>) {
    if (!node.layer->change_terms(x, rows, moved, changes)) {
      return false;
    }
    for (double& change : changes) {
      change /= divisor;
    }
    return true;
  } else {
    return false;
  }
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
  } else if (!see_as_rows(structure, graph)) {
    see_as_one(graph);
  } else if (sum_ && active_.parts.empty() && std::ranges::count(moved_, true) == 1) {
    std::vector<Real> changes(rows_);
    tells_changes_ = change_terms(*values_[value_], changes);
  }
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
std::vector<const TensorOf<Real>*> LayerResponse<Real>::with(const TensorOf<Real>& x) const {
  std::vector<const TensorOf<Real>*> inputs = values_;
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
  return outputs(with(x));
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

/// By how much the summands differ, row by row; false where the layer does not tell, or refuses x.
template <class Real>
bool LayerResponse<Real>::change_terms(const TensorOf<Real>& x, std::span<Real> changes) const {
  std::vector<std::uint32_t> rows(rows_);
  std::iota(rows.begin(), rows.end(), 0u);
  try {
    return told_changes<Real>(node_, divisor_, Inputs<Real>(values_), rows, x, changes);
  } catch (const Error&) {
    return false;
  }
}

template <class Real>
std::optional<TensorOf<Real>> LayerResponse<Real>::changing_outputs(const TensorOf<Real>& x) const {
  if (!tells_changes_) {
    return outputs(x);
  }
  TensorOf<Real> changes = empty<Real>({rows_});
  if (!change_terms(x, entries(changes))) {
    return std::nullopt;
  }
  return changes;
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
    return forward_on(*node_.layer, active_, Inputs<Real>(with(x)))[0].data()[0];
  } catch (const Error&) {
    return std::nullopt;
  }
}

template bool told_changes(const Graph::Node&, double, Inputs<double>,
                           std::span<const std::uint32_t>, const Tensor&, std::span<double>);
template bool told_changes(const Graph::Node&, double, Inputs<long double>,
                           std::span<const std::uint32_t>, const LongTensor&,
                           std::span<long double>);
template class LayerResponse<double>;
template class LayerResponse<long double>;

}  // namespace gradcheck
