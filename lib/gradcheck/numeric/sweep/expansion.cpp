#include <algorithm>
#include <cmath>
#include <random>

#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/numeric/sweep/expansion.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// How far inputs are moved where a layer is compared with its parts, as a fraction of their
/// typical size.
constexpr double moved_by = 0x1p-6;
/// Two ways to the same number differ by their rounding: a few rounding errors, or a few units of
/// the largest number.
constexpr double rounding_granted = 8;
constexpr double units_granted = 0x1p-46;

std::vector<Shape> input_shapes(const Graph& graph, const Graph::Node& node) {
  std::vector<Shape> shapes;
  for (const ValueId id : node.inputs) {
    shapes.push_back(graph.values[id].shape);
  }
  return shapes;
}

std::size_t kinked_parts(const Composition& composition) {
  return static_cast<std::size_t>(std::ranges::count_if(
      composition.parts, [](const Composition::Part& part) { return part.layer->kinked(); }));
}

/// What a node's layer is made of; none where it does not say, calculates otherwise than in both
/// precisions, or is held between the branches of several of its parts.
std::optional<Composition> composition_of(const Graph& graph, const Graph::Node& node,
                                          const ConvexCombination& active) {
  if (!node.layer->in_long_double() || node.layer->precision() != Precision::float64) {
    return std::nullopt;
  }
  std::optional<Composition> made = node.layer->composition(input_shapes(graph, node));
  if (made && active.parts.size() > 1 && kinked_parts(*made) > 1) {
    return std::nullopt;
  }
  return made;
}

/// Whether a layer's own result and that of its parts are the same number but for rounding.
bool same(const Tensor& own, const Tensor& of_parts, const Tensor& rounding_errors) {
  const double size = max_abs(own);
  for (std::size_t i = 0; i < own.size(); ++i) {
    const double apart = std::abs(own.data()[i] - of_parts.data()[i]);
    if (!(apart <= rounding_granted * rounding_errors.data()[i] + units_granted * size)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Expansion::Expansion(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed)
    : original_(graph), original_point_(point), seed_(seed) {
  std::vector<std::optional<Composition>> made;
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    made.push_back(composition_of(graph, graph.nodes[k], point.active[k]));
    replaced_ = replaced_ || made.back().has_value();
  }
  if (!replaced_) {
    return;
  }
  graph_.values = graph.values;
  point_.values = point.values;
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const std::size_t first_part = graph_.nodes.size();
    add(graph.nodes[k], point.active[k], made[k]);
    original_node_.resize(graph_.nodes.size());
    original_node_.back() = made[k] ? std::nullopt : std::optional(k);
    if (made[k]) {
      test(graph.nodes[k], point.active[k], first_part);
    }
  }
  point_.graph = &graph_;
  point_.noise = Noise(point_.values.size());
  point_.own_branches = std::make_shared<const ActivePieces>(point_.active);
  point_.rounding_errors =
      rounding_errors_of(graph_, point_.values, point_.active, point_.noise, seed);
  std::ranges::copy(point.rounding_errors, point_.rounding_errors.begin());
}

/// The node, or its parts in its place, and their parts in theirs.
void Expansion::add(const Graph::Node& node, const ConvexCombination& active,
                    const std::optional<Composition>& made) {
  if (!made) {
    graph_.nodes.push_back(node);
    point_.active.push_back(active);
    return;
  }
  const std::vector<ValueId> ids = numbered(*made, node);
  std::size_t sites = 0;
  for (const Composition::Part& part : made->parts) {
    Graph::Node each{part.layer, {}, {}, node.at};
    std::ranges::transform(part.inputs, std::back_inserter(each.inputs),
                           [&](std::size_t value) { return ids[value]; });
    std::ranges::transform(part.outputs, std::back_inserter(each.outputs),
                           [&](std::size_t value) { return ids[value]; });
    const ConvexCombination of_part = active_part(each, active, sites);
    evaluate(each, of_part);
    add(each, of_part, composition_of(graph_, each, of_part));
  }
}

/// The next sites of a layer's branches, those of a kinked part; `first` moves on.
ConvexCombination Expansion::active_part(const Graph::Node& part, const ConvexCombination& active,
                                         std::size_t& first) const {
  ConvexCombination of_part;
  if (!part.layer->kinked()) {
    return of_part;
  }
  const std::vector<const Tensor*> x = inputs_of(part.inputs, point_.values);
  const std::size_t count = part.layer->branches(Inputs<double>(x)).size();
  for (const ConvexCombination::Part& each : active.parts) {
    const auto begin = each.branches.begin() + static_cast<std::ptrdiff_t>(first);
    of_part.parts.push_back({each.weight, {begin, begin + static_cast<std::ptrdiff_t>(count)}});
  }
  first += count;
  return of_part;
}

/// The values of a part that are not the network's own.
void Expansion::evaluate(const Graph::Node& part, const ConvexCombination& active) {
  const std::vector<const Tensor*> x = inputs_of(part.inputs, point_.values);
  Tensors<double> y = forward_on(*part.layer, active, Inputs<double>(x));
  for (std::size_t k = 0; k < y.size(); ++k) {
    if (part.outputs[k] >= original_.values.size()) {
      point_.values[part.outputs[k]] = std::move(y[k]);
    }
  }
}

/// The ids of a composition's values in the graph: new ones for what is between the node's inputs
/// and its outputs.
std::vector<ValueId> Expansion::numbered(const Composition& composition, const Graph::Node& node) {
  std::vector<ValueId> ids = node.inputs;
  for (std::size_t value = ids.size(); value < composition.shapes.size(); ++value) {
    const auto output = std::ranges::find(composition.outputs, value);
    if (output != composition.outputs.end()) {
      ids.push_back(node.outputs[static_cast<std::size_t>(output - composition.outputs.begin())]);
      continue;
    }
    const auto constant = composition.constants.find(value);
    const bool given = constant != composition.constants.end();
    ids.push_back(graph_.values.size());
    graph_.values.push_back({"", node.layer->name(), given ? Role::constant : Role::intermediate,
                             composition.shapes[value], node.at});
    point_.values.push_back(given ? constant->second : Tensor());
  }
  return ids;
}

/// The parts, from `first_part` on, give what the layer gives, at the point and at another near it,
/// along the same branches.
void Expansion::test(const Graph::Node& node, const ConvexCombination& active,
                     std::size_t first_part) {
  Values<double> values = point_.values;
  for (const bool moved : {false, true}) {
    if (moved) {
      move_inputs(node, values);
    }
    if (!agree(node, active, first_part, values)) {
      violated_declaration_ = node_text(node.layer->name(), node.at) +
                              " says of what it is made, but that gives another result";
    }
  }
}

/// Moves what gradients flow to, each entry by another part of its tensor's typical size.
void Expansion::move_inputs(const Graph::Node& node, Values<double>& values) const {
  std::mt19937_64 random(seed_);
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    Tensor& x = values[node.inputs[slot]];
    const double typical = scale_of<double>(x);
    for (double& entry : entries(x)) {
      entry += node.layer->differentiable(slot) ? moved_by * typical * signed_part(random) : 0;
    }
  }
}

/// Whether both give the same at these inputs; so it is where one of them refuses them.
bool Expansion::agree(const Graph::Node& node, const ConvexCombination& active,
                      std::size_t first_part, Values<double>& values) const {
  try {
    const std::vector<const Tensor*> x = inputs_of(node.inputs, values);
    const Tensors<double> own = forward_on(*node.layer, active, Inputs<double>(x));
    for (std::size_t k = first_part; k < graph_.nodes.size(); ++k) {
      const Graph::Node& part = graph_.nodes[k];
      const std::vector<const Tensor*> of_part = inputs_of(part.inputs, values);
      Tensors<double> y = forward_on(*part.layer, point_.active[k], Inputs<double>(of_part));
      for (std::size_t i = 0; i < y.size(); ++i) {
        values[part.outputs[i]] = std::move(y[i]);
      }
    }
    for (std::size_t k = 0; k < own.size(); ++k) {
      const ValueId output = node.outputs[k];
      if (!same(own[k], values[output], original_point_.rounding_errors[output])) {
        return false;
      }
    }
    return true;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace gradcheck
