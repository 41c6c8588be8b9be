#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include <gradcheck/compare/opaque_layers.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

bool has_opaque_layers(const Graph& graph) { return !in_long_double(graph); }

OpaqueLayers::OpaqueLayers(const Network& network, const EvaluationPoint& point, std::uint64_t seed,
                           const OpaqueLayers* known, const CheckLimits& limits)
    : network_(network), point_(point), seed_(seed), limits_(limits) {
  if (known != nullptr) {
    for (const auto& [number, node] : known->nodes_) {
      known_.push_back(node);
    }
  }
}

OpaqueLayers::~OpaqueLayers() = default;

std::uint64_t OpaqueLayers::probes() const {
  std::uint64_t sum = 0;
  for (const auto& [k, node] : nodes_) {
    sum += node->jacobian().calls();
  }
  return sum - calls_before_;
}

namespace {

std::string structure_text(const OpaqueJacobian::Structure& structure, std::size_t entries,
                           std::uint64_t calls) {
  const std::string groups = !structure.held ? "each entry alone, since what was found did not hold"
                             : structure.groups == entries ? "each entry alone"
                             : structure.groups == 1       ? "all entries together"
                                                     : fmt::format("{} groups", structure.groups);
  const std::uint64_t pilots = structure.pilot_calls;
  return fmt::format("{}{}, {:.2g} calls an entry{}", groups, structure.affine ? ", affine" : "",
                     static_cast<double>(calls - pilots) / static_cast<double>(entries),
                     pilots == 0 ? "" : fmt::format(" and {} for a pilot", pilots));
}

}  // namespace

void OpaqueLayers::add_to(Effort& effort, ValueId value) const {
  for (const Use& use : uses_of(value)) {
    OpaqueJacobian& jacobian = nodes_.at(use.node)->jacobian();
    const std::uint64_t calls = jacobian.function().calls(use.slot);
    const OpaqueJacobian::Structure structure = jacobian.structure(use.slot);
    effort.probes += calls;
    effort.pilot_probes += structure.pilot_calls;
    effort.structure += (effort.structure.empty() ? "" : "; ") +
                        structure_text(structure, point_.values[value].size(), calls);
  }
}

NumericGradient<double> OpaqueLayers::through(std::size_t k, std::size_t slot,
                                              const NumericGradient<double>& outputs) {
  return node(k)->through(
      slot, outputs, [&](std::size_t each) { return scope_of(k, each); },
      [&](std::size_t output) { return backward_row(k, output); });
}

std::shared_ptr<OpaqueNode>& OpaqueLayers::node(std::size_t k) {
  std::shared_ptr<OpaqueNode>& at = nodes_[k];
  if (!at) {
    const Network::Node& of = network_.nodes()[k];
    const std::vector<const Tensor*> x = inputs_of(of.inputs, point_.values);
    at = known_node(*of.layer, Inputs<double>(x));
    calls_before_ += at ? at->jacobian().calls() : 0;
    at = at ? at : std::make_shared<OpaqueNode>(*of.layer, Inputs<double>(x), seed_ + k);
  }
  return at;
}

std::shared_ptr<OpaqueNode> OpaqueLayers::known_node(const Forward& layer, Inputs<double> x) const {
  for (const std::shared_ptr<OpaqueNode>& each : known_) {
    const OpaqueFunction& f = each->jacobian().function();
    bool same = &f.layer() == &layer && f.slots() == x.size();
    for (std::size_t slot = 0; same && slot < x.size(); ++slot) {
      same = f.x(slot) == *x[slot];
    }
    if (same) {
      return each;
    }
  }
  return nullptr;
}

/// A sample where the limit wants one, of values that nothing else reads.
Scope OpaqueLayers::scope_of(std::size_t node, std::size_t slot) {
  Scope scope;
  const ValueId value = network_.nodes()[node].inputs[slot];
  const std::size_t n = point_.values[value].size();
  if (limits_.max_seconds > 0) {
    scope.expired = [this] {
      out_of_time_ = out_of_time_ || watch_.seconds() > limits_.max_seconds;
      return out_of_time_;
    };
  }
  if (limits_.max_entries > 0 && limits_.max_entries < n && only_use(value)) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random(seed_ + value);
    scope.wanted.assign(n, false);
    for (std::size_t k = 0; k < limits_.max_entries; ++k) {
      std::swap(order[k], order[k + random() % (n - k)]);
      scope.wanted[order[k]] = true;
    }
  }
  return scope;
}

std::vector<bool> OpaqueLayers::compared(ValueId value) const {
  const std::optional<Use> use = only_use(value);
  return use ? nodes_.at(use->node)->compared(use->slot)
             : std::vector<bool>(point_.values[value].size(), true);
}

std::optional<OpaqueLayers::Along> OpaqueLayers::along_direction(ValueId value,
                                                                 const double* gradient) {
  const std::optional<Use> use = only_use(value);
  if (!use) {
    return std::nullopt;
  }
  OpaqueNode& at = *nodes_.at(use->node);
  std::mt19937_64 random(seed_ + value);
  std::vector<Move> direction;
  Along along;
  for (std::size_t i = 0; i < point_.values[value].size(); ++i) {
    const double by = signed_part(random) * at.jacobian().scales(use->slot).data()[i];
    direction.push_back({use->slot, i, by});
    along.analytic += gradient[i] * by;
    along.size = std::hypot(along.size, gradient[i] * by);
  }
  along.numeric = at.along(direction);
  return along;
}

Tensors<double> OpaqueLayers::backward_row(std::size_t node, std::size_t output) const {
  const Network::Node& at = network_.nodes()[node];
  Tensors<double> upstream, y;
  std::size_t before = 0;
  for (const ValueId id : at.outputs) {
    const Tensor& value = point_.values[id];
    upstream.push_back(zeros<double>(shape_of(value)));
    if (output >= before && output - before < value.size()) {
      upstream.back().data()[output - before] = 1;
    }
    before += value.size();
    y.push_back(value);
  }
  const std::vector<const Tensor*> x = inputs_of(at.inputs, point_.values);
  return at.layer->backward(upstream, Inputs<double>(x), y);
}

bool OpaqueLayers::at_kink(ValueId value, std::size_t entry) const {
  return std::ranges::any_of(uses_of(value), [&](const Use& use) {
    return nodes_.at(use.node)->at_kink(use.slot, entry);
  });
}

double OpaqueLayers::unit_roundoff(ValueId value) const {
  double unit = 0x1p-53;
  for (const Use& use : uses_of(value)) {
    unit = std::max(unit, nodes_.at(use.node)->jacobian().function().unit_roundoff());
  }
  return unit;
}

std::string OpaqueLayers::reason(ValueId value) const {
  for (const Use& use : uses_of(value)) {
    if (const std::string reason =
            nodes_.at(use.node)->reason(use.slot, network_.value(value).name);
        !reason.empty()) {
      return reason;
    }
  }
  return "";
}

/// Where these layers read a value through which gradients flow.
std::vector<OpaqueLayers::Use> OpaqueLayers::uses_of(ValueId value) const {
  std::vector<Use> uses;
  for (const auto& [k, node] : nodes_) {
    const Network::Node& of = network_.nodes()[k];
    for (std::size_t slot = 0; slot < of.inputs.size(); ++slot) {
      if (of.inputs[slot] == value && of.layer->differentiable(slot)) {
        uses.push_back({k, slot});
      }
    }
  }
  return uses;
}

/// The use of a value that nothing but one input of one of these layers reads.
std::optional<OpaqueLayers::Use> OpaqueLayers::only_use(ValueId value) const {
  std::optional<Use> found;
  for (std::size_t k = 0; k < network_.nodes().size(); ++k) {
    const Network::Node& node = network_.nodes()[k];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (node.inputs[slot] == value && node.layer->differentiable(slot)) {
        if (found || !nodes_.contains(k)) {
          return std::nullopt;
        }
        found = Use{k, slot};
      }
    }
  }
  return found;
}

std::optional<OpaqueLayers::Lone> OpaqueLayers::alone(ValueId value, std::size_t entry) {
  const std::optional<Use> use = only_use(value);
  return use ? std::optional(Lone{*nodes_.at(use->node), use->slot, entry}) : std::nullopt;
}

bool OpaqueLayers::distrust_groups(ValueId value) {
  const std::optional<Use> use = only_use(value);
  return use && nodes_.at(use->node)->distrust_groups(use->slot);
}

}  // namespace gradcheck
