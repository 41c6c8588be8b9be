#include <algorithm>
#include <cmath>
#include <numeric>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/evaluator.hpp>
#include <gradcheck/numeric/facts.hpp>
#include <gradcheck/numeric/sizes.hpp>
#include <gradcheck/numeric/tensor_sweep.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

namespace {

/// How far values are moved, as a fraction of their tensor's typical size.
constexpr double moved_by = 0x1p-6;
/// Two ways to the same number differ by their rounding: a few widths, or a few units of the
/// numbers themselves.
constexpr double widths_granted = 8;
constexpr double units_granted = 0x1p-46;
/// Entries of a sample, and its steps as fractions of an entry's scale.
constexpr std::size_t sampled = 3;
constexpr double sample_step = 0x1p-9;
/// Two numeric values may differ by this many of their bounds.
constexpr double bounds_granted = 4;

bool close(double a, double b, double width, double size) {
  return std::abs(a - b) <= widths_granted * width + units_granted * size;
}

/// The rows of a tensor as lanes: one feature of each, or all.
Variation<double> variation_of(const Tensor& value, const RowLayout& layout,
                               std::vector<std::uint32_t> feature) {
  const std::size_t each = feature.empty() ? layout.features : 1;
  Tensor values = empty<double>(feature.empty() ? Shape{layout.rows, each} : Shape{layout.rows});
  for (std::size_t n = 0; n < layout.rows; ++n) {
    for (std::size_t m = 0; m < each; ++m) {
      values.data()[n * each + m] = value.data()[layout.at(n, feature.empty() ? m : feature[n])];
    }
  }
  return {std::move(feature), std::move(values)};
}

}  // namespace

/// A random displacement of either sign.
double FactCheck::displacement(double typical) const {
  const std::uint64_t bits = random_();
  const double size = 0.5 + std::ldexp(static_cast<double>(bits >> 12), -53);
  return moved_by * typical * ((bits & 1) != 0 ? size : -size);
}

/// All values, with those on the path evaluated anew.
Values<double> FactCheck::along(const std::vector<std::size_t>& path, ValueId from,
                                Tensor moved) const {
  Values<double> values(graph_.values.size());
  std::vector<bool> changed(graph_.values.size());
  values[from] = std::move(moved);
  changed[from] = true;
  for (const std::size_t k : path) {
    const Graph::Node& node = graph_.nodes[k];
    std::vector<const Tensor*> x;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const ValueId id = node.inputs[slot];
      const bool moves = changed[id] && node.layer->differentiable(slot);
      x.push_back(moves ? &values[id] : &point_.values[id]);
    }
    values[node.outputs[0]] =
        std::move(forward_held(*node.layer, point_.held[k], Inputs<double>(x))[0]);
    changed[node.outputs[0]] = true;
  }
  return values;
}

std::string FactCheck::one_row_alone(RowNetwork<double>& network, ValueId value) const {
  const RowLayout& in = network.layout();
  if (in.rows < 2) {
    return {};
  }
  const std::size_t row = static_cast<std::size_t>(random_() % in.rows);
  Tensor moved = point_.values[value];
  const double typical = mean_size(moved);
  for (std::size_t m = 0; m < in.features; ++m) {
    moved.data()[in.at(row, m)] += displacement(typical);
  }
  const Values<double> values = along(network.path(), value, std::move(moved));
  for (const std::size_t k : network.path()) {
    const ValueId id = graph_.nodes[k].outputs[0];
    if (std::ranges::count(network.sums(), id) != 0) {
      continue;
    }
    const RowLayout& out = network.layout(id);
    for (std::size_t n = 0; n < out.rows; ++n) {
      for (std::size_t m = 0; m < out.features && n != row; ++m) {
        if (values[id].data()[out.at(n, m)] != point_.values[id].data()[out.at(n, m)]) {
          return node_text(graph_.nodes[k].layer->name(), graph_.nodes[k].at) +
                 " says that it keeps rows apart, but moving row " + std::to_string(row) +
                 " of its input moves row " + std::to_string(n) + " of its output";
        }
      }
    }
  }
  return {};
}

std::string FactCheck::sums_of_summands(RowNetwork<double>& network, ValueId value,
                                        bool all) const {
  const RowLayout in = network.layout();
  std::vector<std::uint32_t> rows(in.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<std::uint32_t> feature;
  Tensor moved = point_.values[value];
  const double typical = mean_size(moved);
  for (std::size_t n = 0; n < in.rows; ++n) {
    const std::size_t only = static_cast<std::size_t>(random_() % in.features);
    for (std::size_t m = 0; m < in.features; ++m) {
      moved.data()[in.at(n, m)] += all || m == only ? displacement(typical) : 0;
    }
    if (!all) {
      feature.push_back(static_cast<std::uint32_t>(only));
    }
  }
  const auto there = network.run(rows, variation_of(moved, in, feature));
  const auto here = network.run(rows, variation_of(point_.values[value], in, feature));
  const Values<double> values = along(network.path(), value, std::move(moved));
  for (std::size_t s = 0; s < there.size(); ++s) {
    const ValueId id = network.sums()[s];
    AccurateSum<double> difference;
    double size = std::abs(values[id].data()[0]);
    for (std::size_t n = 0; n < in.rows; ++n) {
      difference.add(there[s][n] - here[s][n]);
      size += std::abs(there[s][n]);
    }
    const double seen = values[id].data()[0] - point_.values[id].data()[0];
    if (!close(seen, difference.value(), point_.widths[id].data()[0], size)) {
      return "'" + graph_.values[id].expression +
             "' is not the sum of what the rows contribute one by one";
    }
  }
  return {};
}

std::string FactCheck::rows_independent(RowNetwork<double>& network, ValueId value) const {
  std::string found = one_row_alone(network, value);
  for (const bool all : {true, false}) {
    found = found.empty() ? sums_of_summands(network, value, all) : found;
  }
  return found;
}

std::string FactCheck::use_is_linear(const Graph::Node& node, std::size_t slot) const {
  for (const bool all : {true, false}) {
    const Tensor& base = point_.values[node.inputs[slot]];
    Tensor change = zeros<double>(shape_of(base));
    const double typical = mean_size(base);
    const std::size_t only = static_cast<std::size_t>(random_() % base.size());
    for (std::size_t i = 0; i < base.size(); ++i) {
      change.data()[i] = all || i == only ? displacement(typical) : 0;
    }
    const Tensor moved = map2(base, change, [](double a, double b) { return a + b; });
    std::vector<const Tensor*> x = inputs_of(node.inputs, point_.values);
    x[slot] = &moved;
    const Tensor there = std::move(node.layer->forward(Inputs<double>(x))[0]);
    const Tensor& here = point_.values[node.outputs[0]];
    const Tensor expected = predicted(node, slot, change);
    const double size = max_abs(there) + max_abs(expected);
    for (std::size_t i = 0; i < there.size(); ++i) {
      const double width = point_.widths[node.outputs[0]].data()[i];
      if (!close(there.data()[i] - here.data()[i], expected.data()[i], width, size)) {
        return node_text(node.layer->name(), node.at) + " says that it is linear in its input " +
               std::to_string(slot) + ", but moving that moves its output otherwise";
      }
    }
  }
  return {};
}

/// How the output of a linear layer moves with a change of one input, by what the layer declares.
Tensor FactCheck::predicted(const Graph::Node& node, std::size_t slot, const Tensor& change) const {
  const Structure structure = structure_of(graph_, node);
  const Shape& out = graph_.values[node.outputs[0]].shape;
  if (structure.kind == Structure::Kind::transpose) {
    return swap_last_axes(change);
  }
  if (structure.kind == Structure::Kind::product && slot < 2) {
    const Tensor& other = point_.values[node.inputs[1 - slot]];
    return slot == 0 ? matmul(change, other) : matmul(other, change);
  }
  const double slope = structure.slopes.empty() ? 1 : structure.slopes[slot];
  return map(broadcast_to(change, out), [slope](double x) { return slope * x; });
}

std::string FactCheck::sample_agrees(ValueId from, ValueId target, const Swept& swept) const {
  const Tensor& base = point_.values[from];
  Evaluator<double> evaluator(graph_, point_.values, point_.held, Reach::moves);
  evaluator.aim(from, target);
  const double typical = mean_size(base);
  for (std::size_t sample = 0; sample < std::min(sampled, base.size()); ++sample) {
    const std::size_t entry = static_cast<std::size_t>(random_() % base.size());
    const double scale = std::max(std::abs(base.data()[entry]), typical);
    std::vector<Quotient> quotients;
    for (const double step : {2 * sample_step * scale, sample_step * scale}) {
      const double above = base.data()[entry] + step;
      const double below = base.data()[entry] - step;
      const double difference =
          evaluator.at(entry, above).data()[0] - evaluator.at(entry, below).data()[0];
      const double width = point_.widths[target].data()[0];
      quotients.push_back({step, difference / (above - below), 2 * width / (above - below)});
    }
    const Estimate plain = extrapolate(quotients, 2);
    const Estimate fast = swept.estimate(entry);
    if (std::abs(plain.value - fast.value) > bounds_granted * (plain.bound() + fast.bound())) {
      return "the entry " + index_text(shape_of(base), entry) +
             ", moved alone, has another derivative than found with all others";
    }
  }
  return {};
}

}  // namespace gradcheck
