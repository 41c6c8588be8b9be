#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <gradcheck/check/coverage.hpp>
#include <gradcheck/check/degenerate_points.hpp>

namespace gradcheck {

namespace {

using Names = std::vector<std::string>;
using Node = Network::Node;

void append(Names& names, std::string name) {
  if (std::ranges::count(names, name) == 0) {
    names.push_back(std::move(name));
  }
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::count(names, name) != 0;
}

bool is_product(const std::string& layer) { return one_of(layer, {"matmul", "affine", "dot"}); }

bool all_equal(const Tensor& t) {
  return std::ranges::all_of(entries(t), [&](double x) { return x == t.data()[0]; });
}

bool all_zero(const Tensor& t) { return t.size() > 0 && t.data()[0] == 0 && all_equal(t); }

bool constant_along(const Tensor& t, std::size_t axis) {
  const Shape shape = shape_of(t);
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) {
    inner *= shape[k];
  }
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (i / inner % shape[axis] != 0 && t.data()[i] != t.data()[i - inner]) {
      return false;
    }
  }
  return true;
}

/// The first axis of several entries along which a tensor of rank 2 or more is constant.
std::optional<std::size_t> constant_axis(const Tensor& t) {
  const Shape shape = shape_of(t);
  for (std::size_t axis = 0; shape.size() > 1 && axis < shape.size(); ++axis) {
    if (shape[axis] > 1 && constant_along(t, axis)) {
      return axis;
    }
  }
  return std::nullopt;
}

bool is_square(const Shape& shape) {
  return shape.size() == 2 && shape[0] == shape[1] && shape[0] > 1;
}

bool is_symmetric(const Tensor& t) {
  const std::size_t n = t.shape()[0];
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (t.data()[i] != t.data()[i % n * n + i / n]) {
      return false;
    }
  }
  return true;
}

/// One network at one point, and the nodes that count: those between a checked value and the loss.
class Survey {
 public:
  Survey(const Network& network, const Values<double>& values, const std::vector<ValueId>& checked)
      : network_(network), values_(values), weight_(values.size()), data_(values.size()) {
    trace_origins();
    select_nodes(checked);
  }

  std::vector<std::string> notes() {
    note_batch_of_one();
    note_square_weights();
    note_constant_tensors();
    note_zeros();
    note_one_sided();
    note_equal_labels();
    return std::move(notes_);
  }

 private:
  /// A weight is computed from parameters alone; data depend on something else that was given.
  void trace_origins() {
    std::vector<bool> trained(values_.size());
    for (const ValueId id : network_.leaves()) {
      trained[id] = network_.value(id).role == Role::parameter;
      data_[id] = !trained[id] && !network_.value(id).name.empty();
    }
    for (const Node& node : network_.nodes()) {
      for (const ValueId output : node.outputs) {
        for (const ValueId input : node.inputs) {
          trained[output] = trained[output] || trained[input];
          data_[output] = data_[output] || data_[input];
        }
      }
    }
    for (ValueId id = 0; id < values_.size(); ++id) {
      weight_[id] = trained[id] && !data_[id];
    }
  }

  void select_nodes(const std::vector<ValueId>& checked) {
    std::vector<bool> reached(network_.nodes().size());
    for (const ValueId id : checked) {
      const std::vector<bool> more = downstream_nodes(network_.graph(), id);
      std::transform(reached.begin(), reached.end(), more.begin(), reached.begin(),
                     std::logical_or<>());
    }
    const std::vector<bool> needed = upstream_values(network_.graph(), network_.loss());
    for (std::size_t k = 0; k < reached.size(); ++k) {
      const Node& node = network_.nodes()[k];
      if (reached[k] &&
          std::ranges::any_of(node.outputs, [&](ValueId output) { return needed[output]; })) {
        nodes_.push_back(&node);
      }
    }
  }

  /// The value that people see: behind a transposition without a name, what is transposed.
  ValueId seen(ValueId id) const {
    for (std::size_t k = network_.nodes().size(); network_.value(id).name.empty() && k-- > 0;) {
      const Node& node = network_.nodes()[k];
      if (node.outputs[0] == id && node.layer->name() == "transpose") {
        id = node.inputs[0];
      }
    }
    return id;
  }

  std::string name_of(ValueId id) const {
    const Value& value = network_.value(seen(id));
    return value.name.empty() ? "'" + value.expression + "'" : value.name;
  }

  bool has_name(ValueId id) const {
    const Value& value = network_.value(seen(id));
    return !value.name.empty() || !value.expression.empty();
  }

  const Shape& shape(ValueId id) const { return network_.value(id).shape; }

  /// Whether the operand in `slot` (0 or 1) of a product is data, with a batch axis of extent 1,
  /// against a weight. The batch axes are all but the last on the left, all but the last but one on
  /// the right.
  bool batch_of_one(const Node& node, std::size_t slot) const {
    const Shape& x = shape(node.inputs[slot]);
    if (slot == 1 && node.layer->name() == "affine") {
      return false;
    }
    if (x.size() < 2 || !data_[node.inputs[slot]] || !weight_[node.inputs[1 - slot]]) {
      return false;
    }
    return entries_of(x) == x[x.size() - 1 - slot];
  }

  void note_batch_of_one() {
    for (const std::size_t slot : {0, 1}) {
      Names given, computed;
      for (const Node* node : nodes_) {
        if (!is_product(node->layer->name()) || !batch_of_one(*node, slot)) {
          continue;
        }
        const ValueId x = seen(node->inputs[slot]);
        if (has_name(x)) {
          append(network_.value(x).role == Role::intermediate ? computed : given, name_of(x));
        }
      }
      if (given.empty() && !computed.empty()) {
        given = {computed.front()};  // the others follow from it
      }
      if (!given.empty()) {
        const std::string axis = slot == 0 ? "row" : "column";
        note(
            "{} {} one {}: a missing sum over the batch, or division by its size, would not show; "
            "use 3 {}s",
            listed(given), given.size() == 1 ? "has" : "have", axis, axis);
        return;
      }
    }
  }

  void note_square_weights() {
    Names square, symmetric;
    for (const Node* node : nodes_) {
      for (const ValueId id : node->inputs) {
        if (!is_product(node->layer->name()) || !weight_[id] || !is_square(shape(id)) ||
            !has_name(id)) {
          continue;
        }
        append(square, name_of(id));
        if (is_symmetric(values_[id])) {
          append(symmetric, name_of(id));
        }
      }
    }
    if (!symmetric.empty()) {
      note(
          "{} {} symmetric: a missing transpose would not show; use other values, best of "
          "different extents",
          listed(symmetric), is_are(symmetric));
    } else if (!square.empty()) {
      note(
          "{} {} square: a missing transpose breaks no shape, only the numbers show it; use "
          "different extents",
          listed(square), is_are(square));
    }
  }

  /// Given tensors, inputs and parameters, that gradients flow to from the nodes that count, in
  /// their order.
  std::vector<ValueId> used_leaves() const {
    std::vector<bool> used(values_.size());
    for (const Node* node : nodes_) {
      for (std::size_t slot = 0; slot < node->inputs.size(); ++slot) {
        used[node->inputs[slot]] = used[node->inputs[slot]] ||
                                   (node->layer->differentiable(slot) && !is_label(*node, slot));
      }
    }
    std::vector<ValueId> leaves;
    for (const ValueId id : network_.leaves()) {
      const Value& value = network_.value(id);
      if (used[id] && value.role != Role::constant && !value.name.empty() && !value.shape.empty() &&
          values_[id].size() > 0) {
        leaves.push_back(id);
      }
    }
    return leaves;
  }

  void note_constant_tensors() {
    Names equal, along;
    for (const ValueId id : used_leaves()) {
      const Tensor& t = values_[id];
      if (all_zero(t) && (is_summand(id) || is_factor(id))) {
        continue;
      }
      if (t.size() > 1 && all_equal(t)) {
        append(equal, name_of(id));
      } else if (const std::optional<std::size_t> axis = constant_axis(t)) {
        append(along, fmt::format("{} along axis {}", name_of(id), *axis));
      }
    }
    Names all = equal;
    std::ranges::for_each(all, [](std::string& name) { name += " throughout"; });
    all.insert(all.end(), along.begin(), along.end());
    if (!all.empty()) {
      note(
          "constant: {}; a backward that takes one of those entries for another would look right; "
          "use different values",
          listed(all));
    }
  }

  bool used_by(ValueId id, std::initializer_list<std::string_view> layers) const {
    return std::ranges::any_of(nodes_, [&](const Node* node) {
      return one_of(node->layer->name(), layers) && std::ranges::count(node->inputs, id) > 0;
    });
  }

  bool is_summand(ValueId id) const {
    return used_by(id, {"add", "subtract", "half_squared_error", "mean_squared_error"}) ||
           std::ranges::any_of(nodes_, [&](const Node* node) {
             return node->layer->name() == "affine" && node->inputs.back() == id;
           });
  }

  bool is_factor(ValueId id) const {
    return used_by(id, {"matmul", "affine", "dot", "outer", "multiply"});
  }

  void note_zeros() {
    Names summands, factors;
    for (const ValueId id : used_leaves()) {
      if (all_zero(values_[id]) && (is_summand(id) || is_factor(id))) {
        append(is_summand(id) ? summands : factors, name_of(id));
      }
    }
    if (!summands.empty()) {
      note(
          "{} {} all zero: a backward that leaves {} out of a sum would look right; use other "
          "values",
          listed(summands), is_are(summands), it_them(summands));
    }
    if (!factors.empty()) {
      note(
          "{} {} all zero: a missing gradient that has {} as a factor would not show; use other "
          "values",
          listed(factors), is_are(factors), it_them(factors));
    }
  }

  /// Where the node's kinks are all on one side: in words.
  std::optional<std::string> side_of(const Node& node) const {
    const std::vector<const Tensor*> x = inputs_of(node.inputs, values_);
    const Branches pieces = node.layer->branches(Inputs<double>(x));
    const auto same = [&](std::int32_t piece) { return piece == pieces[0]; };
    if (pieces.size() < 2 || !std::ranges::all_of(pieces, same)) {
      return std::nullopt;
    }
    if (one_of(node.layer->name(), {"relu", "leaky_relu", "elu", "selu"})) {
      return pieces[0] == 1 ? " (all positive)" : " (none positive)";
    }
    return "";
  }

  void note_one_sided() {
    Names layers;
    for (const Node* node : nodes_) {
      const std::optional<std::string> side = node->layer->kinked() ? side_of(*node) : std::nullopt;
      if (!side) {
        continue;
      }
      const std::string& output = network_.value(node->outputs[0]).name;
      append(layers, (output.empty() ? node_text(node->layer->name(), node->at)
                                     : node->layer->name() + " in " + output) +
                         *side);
    }
    if (!layers.empty()) {
      note(
          "on one side of every kink: {}; a backward that knows only that side would look right; "
          "use values on both sides",
          listed(layers));
    }
  }

  static bool is_label(const Node& node, std::size_t slot) {
    return slot == 1 &&
           one_of(node.layer->name(), {"softmax_cross_entropy", "multiclass_hinge",
                                       "binary_cross_entropy", "binary_cross_entropy_with_logits"});
  }

  /// Labels of several examples that are all the same: numbers, or rows of weights.
  bool equal_labels(const Node& node) const {
    const Tensor& t = values_[node.inputs[1]];
    const bool rows = one_of(node.layer->name(), {"softmax_cross_entropy", "multiclass_hinge"}) &&
                      shape(node.inputs[0]) == shape_of(t);
    if (!rows) {
      return t.size() > 1 && all_equal(t);
    }
    const std::size_t width =
        std::max<std::size_t>(shape_of(t).empty() ? 1 : shape_of(t).back(), 1);
    const std::span<const double> all = entries(t);
    return all.size() > width &&
           std::equal(all.begin() + static_cast<std::ptrdiff_t>(width), all.end(), all.begin());
  }

  void note_equal_labels() {
    Names labels;
    for (const Node* node : nodes_) {
      if (node->inputs.size() > 1 && is_label(*node, 1) && equal_labels(*node) &&
          has_name(node->inputs[1])) {
        append(labels, name_of(node->inputs[1]));
      }
    }
    if (!labels.empty()) {
      note(
          "all labels in {} are equal: a gradient that takes another example's label would not "
          "show; use different ones",
          listed(labels));
    }
  }

  static const char* is_are(const Names& names) { return names.size() == 1 ? "is" : "are"; }
  static const char* it_them(const Names& names) { return names.size() == 1 ? "it" : "them"; }

  template <class... Arguments>
  void note(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    notes_.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  const Network& network_;
  const Values<double>& values_;
  std::vector<bool> weight_;  ///< by value
  std::vector<bool> data_;
  std::vector<const Node*> nodes_;
  std::vector<std::string> notes_;
};

}  // namespace

std::vector<std::string> degenerate_points(const Network& network, const Values<double>& values,
                                           const std::vector<ValueId>& checked) {
  return Survey(network, values, checked).notes();
}

}  // namespace gradcheck
