#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/differentiator.hpp>
#include <gradcheck/numeric/facts.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/tensor_sweep.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// Units of rounding granted to each term of a sum of products.
constexpr double product_units = 1;
/// A sum of many roundings is taken to be off by at most this many of its standard deviations, each
/// rounding's being at most its width.
constexpr double deviations = 2;

/// A linear map of slopes. Roundings of different entries are independent of each other: their
/// variances add up. Each product rounds as well.
template <class Map>
Slopes mapped(const Slopes& slopes, Map map) {
  const double unit = product_units * machine_epsilon<double>();
  const Tensor variance = map2(slopes.variance, slopes.value,
                               [unit](double s, double v) { return s + unit * v * unit * v; });
  const auto as_it_is = [](double c) { return c; };
  const auto size = [](double c) { return std::abs(c); };
  const auto square = [](double c) { return c * c; };
  return {map(slopes.value, as_it_is), map(slopes.coarser, as_it_is), map(variance, square),
          map(slopes.floor, size)};
}

void add(Slopes& sum, const Slopes& term) {
  const auto plus = [](double a, double b) { return a + b; };
  sum.value = map2(sum.value, term.value, plus);
  sum.coarser = map2(sum.coarser, term.coarser, plus);
  sum.variance = map2(sum.variance, term.variance, plus);
  sum.floor = map2(sum.floor, term.floor, plus);
}

/// The leading axes of both operands of a product made rows of a matrix.
Tensor as_matrix(const Tensor& t, std::size_t columns) {
  return reshaped(t, {columns == 0 ? 0 : t.size() / columns, columns});
}

/// d/db of z = a b, from slopes of z: aᵀ G.
Slopes of_right_operand(const Slopes& z, const Tensor& a, const Shape& shape) {
  const std::size_t inner = shape.front();
  const std::size_t columns = entries_of(shape) / inner;
  const Tensor left = swap_last_axes(as_matrix(a, inner));
  return mapped(z, [&](const Tensor& g, auto coefficient) {
    return reshaped(matmul(gradcheck::map(left, coefficient), as_matrix(g, columns)), shape);
  });
}

/// d/da of z = a b, b a matrix or a column: G bᵀ.
Slopes of_left_operand(const Slopes& z, const Tensor& b, const Shape& shape) {
  const std::size_t inner = shape.back();
  const std::size_t columns = b.size() / inner;
  const Tensor right = swap_last_axes(reshaped(b, {inner, columns}));
  return mapped(z, [&](const Tensor& g, auto coefficient) {
    return reshaped(matmul(as_matrix(g, columns), gradcheck::map(right, coefficient)), shape);
  });
}

/// d/dc of an output that moves by `slope` times c, broadcast.
Slopes of_broadcast(const Slopes& z, double slope, const Shape& shape) {
  return mapped(z, [&](const Tensor& g, auto coefficient) {
    const double factor = coefficient(slope);
    return gradcheck::map(sum_to(g, shape), [factor](double x) { return factor * x; });
  });
}

}  // namespace

Estimate Swept::estimate(std::size_t entry) const {
  const double value = slopes.value.data()[entry];
  return {value, std::abs(value - slopes.coarser.data()[entry]),
          deviations * std::sqrt(slopes.variance.data()[entry]) + slopes.floor.data()[entry]};
}

double Swept::floor(std::size_t entry) const {
  return slopes.variance.data()[entry] == 0 ? slopes.floor.data()[entry] : 0;
}

TensorSweep::TensorSweep(const Graph& graph, const Point& point, std::uint64_t seed)
    : graph_(graph), point_(point), random_(seed), seed_(seed) {}

std::optional<Swept> TensorSweep::run(ValueId from, ValueId target) {
  if (target != target_ || needed_.empty()) {
    target_ = target;
    needed_ = upstream_values(graph_, target);
    known_.clear();
    ways_.clear();
    sum_slopes_.clear();
  }
  broken_promise_.clear();
  const bool scalar = point_.values[target].size() == 1;
  const std::optional<Slopes>& found = scalar && from != target ? slopes(from) : std::nullopt;
  if (!found) {
    return std::nullopt;
  }
  Swept swept{*found};
  if (!sample_agrees(from, swept)) {
    return std::nullopt;
  }
  return swept;
}

Swept TensorSweep::refine(ValueId from, const std::vector<std::size_t>& entries) {
  refine_value(from, std::set<std::size_t>(entries.begin(), entries.end()));
  return {*slopes(from)};
}

/// Where the value's own rows were differentiated, the features of those entries; else whatever
/// their slopes come from.
void TensorSweep::refine_value(ValueId value, const std::set<std::size_t>& entries) {
  std::optional<Slopes>& known = known_.at(value);
  const auto way = ways_.find(value);
  if (way != ways_.end()) {
    const RowLayout layout = row_layout(graph_.values[value].shape, way->second.axis);
    std::set<std::size_t> features;
    for (const std::size_t entry : entries) {
      features.insert(layout.axis == RowAxis::last ? entry / layout.rows : entry % layout.features);
    }
    resolve(value, {features.begin(), features.end()}, *known);
    return;
  }
  for (const std::size_t k : uses(value)) {
    const Graph::Node& node = graph_.nodes[k];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (node.inputs[slot] == value) {
        refine_value(node.outputs[0], outputs_of(node, slot, entries));
      }
    }
  }
  known = slopes_of(value);
}

/// The entries of a linear layer's output whose slopes make up those of some entries of an input.
std::set<std::size_t> TensorSweep::outputs_of(const Graph::Node& node, std::size_t slot,
                                              const std::set<std::size_t>& entries) const {
  const Shape& in = graph_.values[node.inputs[slot]].shape;
  const Shape& out = graph_.values[node.outputs[0]].shape;
  const Structure structure = structure_of(graph_, node);
  const std::size_t size = entries_of(out);
  std::set<std::size_t> reached;
  if (structure.kind == Kind::product && slot < 2) {
    const std::size_t columns = slot == 0
                                    ? entries_of(graph_.values[node.inputs[1]].shape) / in.back()
                                    : entries_of(in) / in.front();
    for (const std::size_t entry : entries) {
      for (std::size_t i = 0; i < (slot == 0 ? columns : size / columns); ++i) {
        reached.insert(slot == 0 ? entry / in.back() * columns + i : i * columns + entry % columns);
      }
    }
    return reached;
  }
  Tensor positions = empty<double>(in);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions.data()[i] = static_cast<double>(i);
  }
  positions =
      structure.kind == Kind::transpose ? swap_last_axes(positions) : broadcast_to(positions, out);
  for (std::size_t i = 0; i < size; ++i) {
    if (entries.contains(static_cast<std::size_t>(positions.data()[i]))) {
      reached.insert(i);
    }
  }
  return reached;
}

const std::optional<Slopes>& TensorSweep::slopes(ValueId value) {
  const auto known = known_.find(value);
  if (known != known_.end()) {
    return known->second;
  }
  return known_[value] = slopes_of(value);
}

std::optional<Slopes> TensorSweep::slopes_of(ValueId value) {
  if (std::optional<Slopes> same = behind_identity(value)) {
    return same;
  }
  std::optional<Slopes> found = by_rows(value);
  return found ? found : by_uses(value);
}

/// The nodes through which the target depends on a value.
std::vector<std::size_t> TensorSweep::uses(ValueId value) const {
  std::vector<std::size_t> found;
  for (std::size_t k = 0; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const bool counts =
          node.inputs[slot] == value && node.layer->differentiable(slot) &&
          std::ranges::any_of(node.outputs, [&](ValueId id) { return needed_[id]; });
      if (counts) {
        found.push_back(k);
        break;
      }
    }
  }
  return found;
}

/// A value whose only use is to be added to something of its own shape has the slopes of the sum.
std::optional<Slopes> TensorSweep::behind_identity(ValueId value) {
  const std::vector<std::size_t> nodes = uses(value);
  if (nodes.size() != 1) {
    return std::nullopt;
  }
  const Graph::Node& node = graph_.nodes[nodes[0]];
  const Structure structure = structure_of(graph_, node);
  const bool once = std::ranges::count(node.inputs, value) == 1;
  if (structure.slopes.empty() || !once ||
      graph_.values[node.outputs[0]].shape != graph_.values[value].shape) {
    return std::nullopt;
  }
  const std::size_t slot =
      static_cast<std::size_t>(std::ranges::find(node.inputs, value) - node.inputs.begin());
  return by_use(node, slot);
}

std::optional<Slopes> TensorSweep::by_rows(ValueId value) {
  RowNetwork<double> network(graph_, point_.values, point_.held);
  for (const RowAxis axis : {RowAxis::first, RowAxis::last, RowAxis::none}) {
    if (!network.aim(value, target_, axis)) {
      continue;
    }
    if (!rows_independent(network, value)) {
      return std::nullopt;
    }
    RowDifferentiator<double> rows(network, point_.values[value], sum_weights(network.sums()),
                                   seed_);
    Slopes found = rows.run();
    probes_ += rows.probes();
    clear_flat(value, found);
    ways_[value] = {axis, rows.steps()};
    resolve(value, unresolved_features(found, network.layout()), found);
    return found;
  }
  return std::nullopt;
}

/// Where a value's only use is a kinked function of each entry, held on a piece on which it is
/// constant (ReLU below 0), slopes are exactly 0. Constant is what does not change by a bit from
/// far below to far above the entry.
void TensorSweep::clear_flat(ValueId value, Slopes& slopes) const {
  const std::vector<std::size_t> nodes = uses(value);
  if (nodes.size() != 1 || point_.held[nodes[0]].parts.empty() ||
      graph_.nodes[nodes[0]].inputs.size() != 1) {
    return;
  }
  const Graph::Node& node = graph_.nodes[nodes[0]];
  const Tensor& base = point_.values[value];
  const double typical = std::max(max_abs(base), std::numeric_limits<double>::min());
  std::vector<bool> flat(base.size(), true);
  for (const double reach : {-64.0, -1.0, 1.0, 64.0}) {
    const Tensor moved = map(base, [&](double x) { return x + reach * typical; });
    const Tensor* x[] = {&moved};
    const Tensor y =
        std::move(forward_held(*node.layer, point_.held[nodes[0]], Inputs<double>(x))[0]);
    for (std::size_t i = 0; i < base.size(); ++i) {
      flat[i] = flat[i] && y.data()[i] == point_.values[node.outputs[0]].data()[i];
    }
  }
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (flat[i]) {
      slopes.variance.data()[i] = slopes.floor.data()[i] = 0;
    }
  }
}

/// Some features once more, in long double.
void TensorSweep::resolve(ValueId value, const std::vector<std::size_t>& features, Slopes& slopes) {
  if (features.empty() || !long_double_helps()) {
    return;
  }
  RowNetwork<long double> network(graph_, point_.long_values(), point_.held);
  network.aim(value, target_, ways_.at(value).axis);
  RowDifferentiator<long double> rows(network, point_.long_values()[value],
                                      sum_weights(network.sums()), seed_);
  rows.replace(features, ways_.at(value).steps, slopes);
  probes_ += rows.probes();
}

std::optional<Slopes> TensorSweep::by_uses(ValueId value) {
  const Shape& shape = graph_.values[value].shape;
  const Tensor none = zeros<double>(shape);
  Slopes sum{none, none, none, none};
  const std::vector<std::size_t> nodes = uses(value);
  for (const std::size_t k : nodes) {
    const Graph::Node& node = graph_.nodes[k];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (node.inputs[slot] != value || !node.layer->differentiable(slot)) {
        continue;
      }
      const std::optional<Slopes> use = by_use(node, slot);
      if (!use) {
        return std::nullopt;
      }
      add(sum, *use);
    }
  }
  return nodes.empty() ? std::nullopt : std::optional<Slopes>(std::move(sum));
}

/// What a value's use in one place contributes, where that use is linear.
std::optional<Slopes> TensorSweep::by_use(const Graph::Node& node, std::size_t slot) {
  const Structure structure = structure_of(graph_, node);
  const Shape& shape = graph_.values[node.inputs[slot]].shape;
  const bool linear = structure.kind == Kind::product || structure.kind == Kind::transpose ||
                      !structure.slopes.empty();
  const std::optional<Slopes>& z = linear ? slopes(node.outputs[0]) : std::nullopt;
  if (!z || !use_is_linear(node, slot)) {
    return std::nullopt;
  }
  if (structure.kind == Kind::product && slot < 2) {
    const Tensor& other = point_.values[node.inputs[1 - slot]];
    return slot == 0 ? of_left_operand(*z, other, shape) : of_right_operand(*z, other, shape);
  }
  if (structure.kind == Kind::transpose) {
    return Slopes{swap_last_axes(z->value), swap_last_axes(z->coarser), swap_last_axes(z->variance),
                  swap_last_axes(z->floor)};
  }
  return of_broadcast(*z, structure.slopes.empty() ? 1 : structure.slopes[slot], shape);
}

/// ∂(target)/∂(sum) of each sum.
SumWeights TensorSweep::sum_weights(const std::vector<ValueId>& sums) {
  SumWeights weights;
  for (const ValueId sum : sums) {
    const auto known = sum_slopes_.find(sum);
    const Estimate slope = known != sum_slopes_.end() ? known->second : sum_slope(sum);
    sum_slopes_.insert_or_assign(sum, slope);
    weights.slope.push_back(static_cast<double>(slope.value));
    weights.error.push_back(static_cast<double>(slope.bound()));
  }
  return weights;
}

/// Found like any other derivative; 1 for the target itself.
Estimate TensorSweep::sum_slope(ValueId sum) {
  if (sum == target_) {
    return {1, 0, 0};
  }
  DifferenceOptions options;
  options.seed = seed_;
  Differentiator differentiator(graph_, point_, options);
  differentiator.aim(sum, target_);
  Difference difference = differentiator.start(0);
  differentiator.refine(difference);
  probes_ += differentiator.probes();
  return difference.estimates[0];
}

/// Whether nothing is wrong; the first thing that is, is kept.
bool TensorSweep::keeps(const std::string& wrong) {
  broken_promise_ = broken_promise_.empty() ? wrong : broken_promise_;
  return wrong.empty();
}

bool TensorSweep::rows_independent(RowNetwork<double>& network, ValueId value) {
  const FactCheck check(graph_, point_, random_());
  return keeps(check.rows_independent(network, value));
}

bool TensorSweep::use_is_linear(const Graph::Node& node, std::size_t slot) {
  const FactCheck check(graph_, point_, random_());
  return keeps(check.use_is_linear(node, slot));
}

bool TensorSweep::sample_agrees(ValueId from, const Swept& swept) {
  const FactCheck check(graph_, point_, random_());
  return keeps(check.sample_agrees(from, target_, swept));
}

}  // namespace gradcheck
