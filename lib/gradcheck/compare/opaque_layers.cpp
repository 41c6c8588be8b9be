#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include <gradcheck/compare/opaque_layers.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Elements of the Jacobians of one layer that are kept (24 bytes each).
constexpr std::size_t most_kept = std::size_t{1} << 22;
/// An entry that is moved alone takes this part of the step that it took in its group.
constexpr double other_step = 0.6875;

/// One derivative, as it is kept.
struct Element {
  std::uint32_t entry;
  std::uint32_t output;
  double value;
  float truncation;
  float rounding;
};

/// What the elements of one input add up to.
class Sum {
 public:
  Sum(const NumericGradient<double>& outputs, const Shape& shape)
      : outputs_(&outputs), sum_(zero_gradient<double>(shape)) {}

  void add(const Element& element) {
    const std::size_t j = element.output;
    const double g = outputs_->value.data()[j], v = element.value;
    const double square = element.rounding;
    sum_.value.data()[element.entry] += g * v;
    sum_.coarser.data()[element.entry] +=
        outputs_->coarser.data()[j] * v + std::abs(g) * static_cast<double>(element.truncation);
    sum_.variance.data()[element.entry] +=
        g * g * square * square + outputs_->variance.data()[j] * (v * v + square * square);
  }

  /// No derivative can be told for this entry.
  void spoil(std::size_t entry) {
    sum_.coarser.data()[entry] = std::numeric_limits<double>::infinity();
  }

  NumericGradient<double> take() { return std::move(sum_); }

 private:
  const NumericGradient<double>* outputs_;
  NumericGradient<double> sum_;
};

const char* reason_of(Seen seen) {
  switch (seen) {
    case Seen::jump:
      return "the function jumps there, so it has no derivative; move the point off the jump";
    case Seen::infinite:
      return "the difference quotients grow as the step shrinks: an infinite derivative or a cusp; "
             "move the point away from it";
    case Seen::nothing:
      return "no step gives a usable value; move the point into the domain of the layer";
    default:
      return "";
  }
}

/// An upper bound of x as a float.
float upward(double x) {
  const float near = static_cast<float>(x);
  return static_cast<double>(near) < x ? std::nextafter(near, HUGE_VALF) : near;
}

bool spoiled(Seen seen) { return *reason_of(seen) != '\0'; }

}  // namespace

struct OpaqueLayers::Node {
  /// What is known of one input.
  struct Slot {
    bool differentiable = false;
    std::vector<Element> elements;     ///< unless there are too many
    std::vector<float> steps;          ///< by entry: the largest of its elements' steps
    Scope scope;
    std::map<std::size_t, Seen> spoiled;  ///< entries by which no derivative can be told
    NumericGradient<double> last;
  };

  Node(const Forward& layer, Inputs<double> x, std::uint64_t seed)
      : jacobian(layer, x, seed), slots(x.size()) {}

  OpaqueJacobian jacobian;
  std::vector<Slot> slots;
  std::vector<KinkedElement> kinked;
  bool passed = false;
  bool kept = true;
  Tensor last_outputs;  ///< the gradients that `Slot::last` are of

  bool is_kinked(std::size_t slot, std::size_t entry) const {
    return std::ranges::any_of(
        kinked, [&](const KinkedElement& k) { return k.slot == slot && k.entry == entry; });
  }
};

bool has_opaque_layers(const Graph& graph) { return !in_long_double(graph); }

OpaqueLayers::OpaqueLayers(const Network& network, const EvaluationPoint& point,
                           std::uint64_t seed, const OpaqueLayers* known,
                           const CheckLimits& limits)
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
  for (const auto& [number, node] : nodes_) {
    sum += node->jacobian.calls();
  }
  return sum - calls_before_;
}

NumericGradient<double> OpaqueLayers::through(std::size_t node, std::size_t slot,
                                              const NumericGradient<double>& outputs) {
  Node& at = differentiated(node, outputs);
  Node::Slot& of = at.slots[slot];
  if (at.kept) {
    Sum sum(outputs, shape_of(at.jacobian.function().x(slot)));
    for (const Element& element : of.elements) {
      sum.add(element);
    }
    for (const auto& [entry, seen] : of.spoiled) {
      sum.spoil(entry);
    }
    of.last = sum.take();
  }
  at.last_outputs = outputs.value;
  return of.last;
}

OpaqueLayers::Node& OpaqueLayers::differentiated(std::size_t node,
                                                 const NumericGradient<double>& outputs) {
  std::shared_ptr<Node>& at = nodes_[node];
  if (!at) {
    const Network::Node& of = network_.nodes()[node];
    const std::vector<const Tensor*> x = inputs_of(of.inputs, point_.values);
    at = known_node(*of.layer, Inputs<double>(x));
    calls_before_ += at ? at->jacobian.calls() : 0;
    at = at ? at : std::make_shared<Node>(*of.layer, Inputs<double>(x), seed_ + node);
  }
  if (!at->passed || (!at->kept && at->last_outputs != outputs.value)) {
    pass(node, *at, outputs);
  }
  return *at;
}

std::shared_ptr<OpaqueLayers::Node> OpaqueLayers::known_node(const Forward& layer,
                                                             Inputs<double> x) const {
  for (const std::shared_ptr<Node>& node : known_) {
    const OpaqueFunction& f = node->jacobian.function();
    bool same = &f.layer() == &layer && f.slots() == x.size();
    for (std::size_t slot = 0; same && slot < x.size(); ++slot) {
      same = f.x(slot) == *x[slot];
    }
    if (same) {
      return node;
    }
  }
  return nullptr;
}

/// Differentiates every input once; what cannot be kept is added up at once.
void OpaqueLayers::pass(std::size_t node, Node& at, const NumericGradient<double>& outputs) {
  std::vector<Sum> sums;
  std::size_t count = 0;
  at.kinked.clear();
  for (std::size_t slot = 0; slot < at.slots.size(); ++slot) {
    Node::Slot& of = at.slots[slot];
    const Shape shape = shape_of(at.jacobian.function().x(slot));
    sums.emplace_back(outputs, shape);
    if (!network_.nodes()[node].layer->differentiable(slot)) {
      continue;
    }
    bool whole = false;
    while (!whole) {
      of = {};
      of.steps.assign(entries_of(shape), 0);
      of.scope = scope_of(node, slot);
      std::erase_if(at.kinked, [&](const KinkedElement& k) { return k.slot == slot; });
      sums.back() = Sum(outputs, shape);
      const std::size_t before = count;
      const auto sink = [&](std::size_t entry, const Derivative& d) {
        if (d.seen == Seen::kink) {
          at.kinked.push_back({slot, entry, d.output, d.left, d.right});
          return;
        }
        if (spoiled(d.seen)) {
          of.spoiled.emplace(entry, d.seen);
          sums.back().spoil(entry);
          return;
        }
        const Element element{static_cast<std::uint32_t>(entry),
                              static_cast<std::uint32_t>(d.output), d.value,
                              upward(d.truncation), upward(d.rounding)};
        of.steps[entry] = std::max(of.steps[entry], upward(d.seen == Seen::constant ? 0 : d.step));
        sums.back().add(element);
        ++count;
        if (count <= most_kept) {
          of.elements.push_back(element);
        }
      };
      whole = at.jacobian.differentiate(slot, sink, of.scope);
      count = whole ? count : before;
    }
  }
  at.kept = count <= most_kept;
  choose_subgradients(
      at.jacobian, at.kinked, [&](std::size_t output) { return backward_row(node, output); }, seed_);
  for (const KinkedElement& k : at.kinked) {
    const Element element{static_cast<std::uint32_t>(k.entry),
                          static_cast<std::uint32_t>(k.output), k.chosen.value, 0,
                          upward(k.chosen.bound)};
    if (k.settled) {
      sums[k.slot].add(element);
      at.slots[k.slot].elements.push_back(element);
    } else {
      sums[k.slot].spoil(k.entry);
      at.slots[k.slot].spoiled.emplace(k.entry, Seen::kink);
    }
  }
  for (std::size_t slot = 0; slot < at.slots.size(); ++slot) {
    at.slots[slot].last = sums[slot].take();
  }
  at.last_outputs = outputs.value;
  at.passed = true;
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
  return use ? nodes_.at(use->node)->slots[use->slot].scope.done
             : std::vector<bool>(point_.values[value].size(), true);
}

std::optional<OpaqueLayers::Along> OpaqueLayers::along_direction(ValueId value,
                                                                 const double* gradient) {
  const std::optional<Use> use = only_use(value);
  if (!use) {
    return std::nullopt;
  }
  Node& at = *nodes_.at(use->node);
  std::mt19937_64 random(seed_ + value);
  std::vector<Move> direction;
  Along along;
  for (std::size_t i = 0; i < point_.values[value].size(); ++i) {
    const double by = signed_part(random) * at.jacobian.scales(use->slot).data()[i];
    direction.push_back({use->slot, i, by});
    along.analytic += gradient[i] * by;
    along.size = std::hypot(along.size, gradient[i] * by);
  }
  const std::optional<Derivative> d = at.jacobian.along(direction, at.last_outputs);
  if (!d || spoiled(d->seen) || d->seen == Seen::kink) {
    return std::nullopt;
  }
  along.numeric = {d->value, d->truncation, d->rounding};
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
  for (const auto& [number, node] : nodes_) {
    for (std::size_t slot = 0; slot < node->slots.size(); ++slot) {
      if (network_.nodes()[number].inputs[slot] == value && node->is_kinked(slot, entry)) {
        return true;
      }
    }
  }
  return false;
}

double OpaqueLayers::unit_roundoff(ValueId value) const {
  double unit = 0x1p-53;
  for (const auto& [number, node] : nodes_) {
    if (std::ranges::count(network_.nodes()[number].inputs, value) > 0) {
      unit = std::max(unit, node->jacobian.function().unit_roundoff());
    }
  }
  return unit;
}

std::string OpaqueLayers::reason(ValueId value) const {
  for (const auto& [number, node] : nodes_) {
    for (std::size_t slot = 0; slot < node->slots.size(); ++slot) {
      const auto& spoiled = node->slots[slot].spoiled;
      if (network_.nodes()[number].inputs[slot] != value || spoiled.empty()) {
        continue;
      }
      const auto& [entry, seen] = *spoiled.begin();
      return fmt::format("{}: {}", index_text(shape_of(point_.values[value]), entry),
                         seen == Seen::kink ? "a kink where neither side of backward's choice could "
                                              "be shown; move the point off the kink"
                                            : reason_of(seen));
    }
  }
  return "";
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

std::optional<Estimate> OpaqueLayers::alone(ValueId value, std::size_t entry, bool thoroughly) {
  const std::optional<Use> use = only_use(value);
  if (!use) {
    return std::nullopt;
  }
  Node& at = *nodes_.at(use->node);
  Estimate sum;
  bool usable = true;
  if (thoroughly) {
    at.jacobian.differentiate_alone(
        use->slot, entry, Ladder::independent, [&](std::size_t, const Derivative& d) {
          const double g = at.last_outputs.data()[d.output];
          usable = usable && (g == 0 || (!spoiled(d.seen) && d.seen != Seen::kink));
          sum.value += g * d.value;
          sum.truncation += std::abs(g) * d.truncation;
          sum.rounding = std::hypot(sum.rounding, static_cast<long double>(g * d.rounding));
        });
    return usable ? std::optional(sum) : std::nullopt;
  }
  const double h = other_step * static_cast<double>(at.slots[use->slot].steps[entry]);
  OpaqueFunction& f = at.jacobian.function();
  const Move up{use->slot, entry, h}, down{use->slot, entry, -h};
  const std::vector<double> above = f.moved({&up, 1});
  const std::vector<double>& below = f.moved({&down, 1});
  const double span = f.made(up) - f.made(down);
  for (std::size_t j = 0; j < above.size() && j < below.size(); ++j) {
    sum.value += at.last_outputs.data()[j] * (above[j] - below[j]) / span;
  }
  usable = !above.empty() && !below.empty() && std::isfinite(sum.value);
  return usable ? std::optional(sum) : std::nullopt;
}

bool OpaqueLayers::distrust_groups(ValueId value) {
  const std::optional<Use> use = only_use(value);
  if (!use || !nodes_.at(use->node)->jacobian.distrust_groups(use->slot)) {
    return false;
  }
  nodes_.at(use->node)->passed = false;
  return true;
}

}  // namespace gradcheck
