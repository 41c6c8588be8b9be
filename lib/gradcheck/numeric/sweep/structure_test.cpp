#include <algorithm>
#include <cmath>
#include <numeric>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>
#include <gradcheck/numeric/sweep/structure_test.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

/// How far values are moved, as a fraction of their tensor's typical size.
constexpr double moved_by = 0x1p-6;
/// Of that, where small changes may be found otherwise than large ones.
constexpr double small_share = 0x1p-8;
/// Two ways to the same number differ by their rounding: a few rounding errors, or a few units of
/// the numbers themselves.
constexpr double rounding_errors_granted = 8;
constexpr double units_granted = 0x1p-46;
/// Entries of a sample.
constexpr std::size_t sampled = 3;
/// Two numeric values may differ by this many of their bounds.
constexpr double bounds_granted = 4;

bool close(double a, double b, double rounding_error, double size) {
  return std::abs(a - b) <= rounding_errors_granted * rounding_error + units_granted * size;
}

/// Which of so many rows an entry belongs to; of a reduction that tells changes, to which output.
std::size_t row_of_entry(const LayerResponse<double>& response, std::size_t entry,
                         std::size_t rows) {
  return response.reduced_to().empty() ? entry / (response.value().size() / rows)
                                       : response.reduced_to()[entry];
}

bool contradicts(const std::optional<Estimate>& plain, const Estimate& fast) {
  return plain &&
         std::abs(plain->value - fast.value) > bounds_granted * (plain->bound() + fast.bound());
}

/// What becomes of a change of an input whose entries are moved about, in all outputs one after
/// another.
Tensor moved_about(const std::vector<Origins>& parts, const Tensor& change) {
  Tensor moved = zeros<double>({parts[0].entries.size()});
  for (const Origins& part : parts) {
    for (std::size_t o = 0; o < moved.size(); ++o) {
      const std::size_t from = part.entries[o];
      moved.data()[o] += from < change.size() ? part.weight * change.data()[from] : 0;
    }
  }
  return moved;
}

/// None where the layer refuses its inputs.
std::optional<Tensors<double>> forward_if_taken(const Forward& layer,
                                                const ConvexCombination& active,
                                                const std::vector<const Tensor*>& x) {
  try {
    return forward_on(layer, active, Inputs<double>(x));
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

/// A random displacement of either sign.
double StructureTest::displacement(double typical) {
  return moved_by * typical * signed_part(random_);
}

std::string StructureTest::use_is_as_declared(std::size_t k, ValueId value) {
  const Graph::Node& node = graph_.nodes[k];
  const Structure structure = structure_of(graph_, node);
  std::string wrong;
  bool differences = false;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.inputs[slot] != value || !node.layer->differentiable(slot)) {
      continue;
    }
    const bool linear = linear_in(structure, slot);
    differences = differences || !linear;
    if (linear && wrong.empty()) {
      wrong = is_linear(node, point_.active[k], slot);
    }
  }
  if (differences && structure.kind != Kind::unknown) {
    const LayerResponse<double> response(graph_, node, point_.active[k], point_.values, value);
    wrong = rows_are_apart(node, response);
    wrong = wrong.empty() ? sum_is_that_of_its_terms(node, response) : wrong;
    wrong = wrong.empty() ? changes_are_as_told(node, response) : wrong;
  }
  return wrong;
}

/// Some rows moved leave what the others make as it is, bit for bit.
std::string StructureTest::rows_are_apart(const Graph::Node& node,
                                          const LayerResponse<double>& response) {
  const std::optional<Tensor> here = response.outputs(response.value());
  const std::size_t rows = !here ? 0 : response.tells_changes() ? here->size() : response.rows();
  if (rows < 2) {
    return {};
  }
  std::vector<bool> moved(rows);
  for (std::size_t r = 0; r < moved.size(); ++r) {
    moved[r] = (random_() & 1) != 0;
  }
  moved[static_cast<std::size_t>(random_() % moved.size())].flip();  // not all, by chance
  Tensor x = response.value();
  const double typical = scale_of<double>(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] += moved[row_of_entry(response, i, rows)] ? displacement(typical) : 0;
  }
  const std::optional<Tensor> there = response.outputs(x);
  for (std::size_t o = 0; there && o < here->size(); ++o) {
    const std::size_t row = response.tells_changes() ? o : response.row_of_output()[o];
    if (!moved[row] && there->data()[o] != here->data()[o]) {
      return node_text(node.layer->name(), node.at) +
             " says that it keeps rows apart, but moving others of its input moves row " +
             std::to_string(row) + " of its output";
    }
  }
  return {};
}

/// With all entries moved, the sum moves by what its terms move.
std::string StructureTest::sum_is_that_of_its_terms(const Graph::Node& node,
                                                    const LayerResponse<double>& response) {
  if (!response.is_sum()) {
    return {};
  }
  Tensor x = response.value();
  const double typical = scale_of<double>(x);
  for (double& v : entries(x)) {
    v += displacement(typical);
  }
  const std::optional<Tensor> here = response.outputs(response.value());
  const std::optional<Tensor> there = response.outputs(x);
  const std::optional<double> sum = response.sum(x);
  if (!here || !there || !sum) {
    return {};
  }
  const ValueId target = node.outputs[0];
  AccurateSum<double> difference;
  double size = std::abs(*sum);
  for (std::size_t i = 0; i < here->size(); ++i) {
    difference.add(there->data()[i] - here->data()[i]);
    size += std::abs(there->data()[i]);
  }
  const double seen = *sum - point_.values[target].data()[0];
  return close(seen, difference.value(), point_.rounding_errors[target].data()[0], size)
             ? ""
             : "'" + graph_.values[target].expression + "' is not the sum of its terms";
}

/// One entry moved, of those that each term or output depends on, for about half of these: they
/// change by as much as the layer tells, for larger moves and smaller, and the others not by a bit.
std::string StructureTest::changes_are_as_told(const Graph::Node& node,
                                               const LayerResponse<double>& response) {
  const std::optional<Tensor> here = response.outputs(response.value());
  if (!response.tells_changes() || !here) {
    return {};
  }
  const std::vector<std::size_t> movers = one_for_each(response, here->size());
  const double typical = scale_of<double>(response.value());
  const double rounding_error = max_abs(point_.rounding_errors[node.outputs[0]]);
  for (const double share : {1.0, small_share}) {
    Tensor x = response.value();
    for (const std::size_t entry : movers) {
      if (entry < x.size()) {
        x.data()[entry] += share * displacement(typical);
      }
    }
    const std::optional<Tensor> there = response.outputs(x);
    const auto told = response.changing_outputs(response.originals(), x);
    for (std::size_t n = 0; there && told && n < movers.size(); ++n) {
      const double before = here->data()[n], after = there->data()[n];
      const bool moved = movers[n] < x.size();
      const double size = std::abs(before) + std::abs(after);
      if (moved ? !close(told->data()[movers[n]], after - before, rounding_error, size)
                : before != after) {
        return node_text(node.layer->name(), node.at) +
               " says by how much its terms change, but term " + std::to_string(n) +
               " changes otherwise";
      }
    }
  }
  return {};
}

/// For each term or output of a layer that tells changes, a random one of its entries, or none:
/// then a number beyond all entries.
std::vector<std::size_t> StructureTest::one_for_each(const LayerResponse<double>& response,
                                                     std::size_t outputs) {
  const std::size_t size = response.value().size();
  std::vector<std::size_t> chosen(outputs, size), seen(outputs, 0);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t n = row_of_entry(response, i, outputs);
    chosen[n] = random_() % ++seen[n] == 0 ? i : chosen[n];
  }
  const std::size_t sure = static_cast<std::size_t>(random_() % outputs);
  for (std::size_t n = 0; n < outputs; ++n) {
    chosen[n] = n == sure || (random_() & 1) != 0 ? chosen[n] : size;
  }
  return chosen;
}

/// An input of a linear layer moved, once in all its entries and once in one, moves the output as
/// is declared.
std::string StructureTest::is_linear(const Graph::Node& node, const ConvexCombination& active,
                                     std::size_t slot) {
  const Tensor& base = point_.values[node.inputs[slot]];
  const std::vector<Origins> selected = structure_of(graph_, node).kind == Kind::selection
                                            ? origins(node, active, point_.values, slot)
                                            : std::vector<Origins>{};
  for (const bool all : {true, false}) {
    Tensor change = zeros<double>(shape_of(base));
    const double typical = scale_of<double>(base);
    const std::size_t only = static_cast<std::size_t>(random_() % base.size());
    for (std::size_t i = 0; i < base.size(); ++i) {
      change.data()[i] = all || i == only ? displacement(typical) : 0;
    }
    const Tensor moved = map2(base, change, [](double a, double b) { return a + b; });
    std::vector<const Tensor*> x = inputs_of(node.inputs, point_.values);
    x[slot] = &moved;
    const std::optional<Tensors<double>> y = forward_if_taken(*node.layer, active, x);
    const Tensor expected =
        selected.empty() ? predicted(node, slot, change) : moved_about(selected, change);
    std::size_t next = 0;
    for (std::size_t k = 0; y && k < y->size(); ++k) {
      const ValueId output = node.outputs[k];
      const double size = max_abs((*y)[k]) + max_abs(expected);
      for (std::size_t i = 0; i < (*y)[k].size(); ++i, ++next) {
        const double seen = (*y)[k].data()[i] - point_.values[output].data()[i];
        if (!close(seen, expected.data()[next], point_.rounding_errors[output].data()[i], size)) {
          return node_text(node.layer->name(), node.at) + " says that it is linear in its input " +
                 std::to_string(slot) + ", but moving that moves its output otherwise";
        }
      }
    }
  }
  return {};
}

/// How the outputs of a linear layer that does more than move entries about move with a change of
/// one input, by what the layer declares.
Tensor StructureTest::predicted(const Graph::Node& node, std::size_t slot,
                                const Tensor& change) const {
  const Structure structure = structure_of(graph_, node);
  const Shape& out = graph_.values[node.outputs[0]].shape;
  if (structure.kind == Kind::product && slot < 2) {
    const Tensor& other = point_.values[node.inputs[1 - slot]];
    return slot == 0 ? matmul(change, other) : matmul(other, change);
  }
  if (structure.kept) {
    return map(sum_to(change, *structure.kept), [&](double x) { return structure.slopes[0] * x; });
  }
  const double derivative = structure.slopes.empty() ? 1 : structure.slopes[slot];
  return map(broadcast_to(change, out), [derivative](double x) { return derivative * x; });
}

std::string StructureTest::sample_agrees(ValueId from, ValueId to, const Tensor& upstream,
                                         const std::function<Estimate(std::size_t)>& derivative) {
  const std::size_t size = point_.values[from].size();
  LoneEntries lone(graph_, point_, from, to);
  std::string contradiction;
  for (std::size_t k = 0; k < std::min(sampled, size) && contradiction.empty(); ++k) {
    const std::size_t entry = static_cast<std::size_t>(random_() % size);
    if (contradicts(lone.derivative(entry, upstream), derivative(entry))) {
      const std::string index = index_text(shape_of(point_.values[from]), entry);
      contradiction = (index.empty() ? "" : "the entry " + index + " of ") +
                      graph_.values[from].name +
                      ", moved alone, has another derivative than found with all others";
    }
  }
  probes_ += lone.probes();
  return contradiction;
}

std::string StructureTest::directions_agree(ValueId from, ValueId to, const Tensor& upstream,
                                            const NumericGradient<double>& derivatives) {
  LoneEntries lone(graph_, point_, from, to);
  std::string contradiction;
  for (std::size_t k = 0; k < sampled && contradiction.empty(); ++k) {
    const Tensor direction = lone.direction(random_);
    if (contradicts(lone.derivative_along(direction, upstream), derivatives.along(direction))) {
      contradiction = "'" + graph_.values[from].expression +
                      "', moved in a random direction, has another derivative there than its "
                      "entries have together";
    }
  }
  probes_ += lone.probes();
  return contradiction;
}

}  // namespace gradcheck
