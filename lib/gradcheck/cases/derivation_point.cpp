#include <algorithm>
#include <cmath>
#include <random>

#include <gradcheck/cases/derivation_point.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/add_readable.hpp>

namespace gradcheck {

namespace {

/// What two ways of writing the same thing differ by is far less; mistakes differ by far more.
constexpr double same_to = 1e-9;

Shape without_ones(Shape shape) {
  std::erase(shape, std::size_t{1});
  return shape;
}

template <class Function>
Tensor mapped(const Tensor& x, Function f) {
  Tensor y = x;
  for (double& entry : entries(y)) {
    entry = f(entry);
  }
  return y;
}

/// The functions of one number whose derivatives are known by heart, and so exchanged.
const std::vector<std::string>& elementwise_functions() {
  static const std::vector<std::string> all{"sigmoid",  "tanh", "relu", "leaky_relu", "elu",
                                            "softplus", "silu", "gelu", "sin",        "cos",
                                            "exp",      "log",  "sqrt", "square"};
  return all;
}

/// f'(x) of the function of that name, if the library has it with its usual settings.
std::optional<Tensor> derivative_of(const std::string& function, const Tensor& x) {
  const LayerType* type = standard_layers().find(function);
  if (type == nullptr) {
    return std::nullopt;
  }
  try {
    const LayerPtr layer = make_layer(*type, {});
    const Tensor* const input = &x;
    const Tensors<double> y = layer->forward(Inputs<double>(&input, 1));
    return layer->backward({full<double>(shape_of(x), 1)}, Inputs<double>(&input, 1), y)[0];
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// What is written for the derivative of `function` at x, with y = function(x), by mistake.
std::vector<Meaning> mistaken_derivatives(const std::string& function, const Tensor& x,
                                          const Tensor& y) {
  std::vector<Meaning> mistaken;
  for (const char* const name : {"sigmoid", "tanh", "relu"}) {
    const std::string other = name;
    const std::optional<Tensor> value = derivative_of(other, x);
    if (other != function && value) {
      mistaken.push_back({"the derivative of " + other, *value});
    }
  }
  const auto of_sigmoid = [](double v) { return v * (1 - v); };
  const auto of_tanh = [](double v) { return 1 - v * v; };
  mistaken.push_back(
      {function == "sigmoid" ? "" : "the derivative of sigmoid, y (1 - y)", mapped(y, of_sigmoid)});
  mistaken.push_back(
      {function == "tanh" ? "" : "the derivative of tanh, 1 - y ** 2", mapped(y, of_tanh)});
  if (function == "sigmoid") {
    mistaken.push_back({"only the factor y of y (1 - y)", y});
    mistaken.push_back(
        {"only the factor 1 - y of y (1 - y)", mapped(y, [](double v) { return 1 - v; })});
  }
  mistaken.push_back({"y (1 - y) with the argument in place of y", mapped(x, of_sigmoid)});
  mistaken.push_back({"1 - y ** 2 with the argument in place of y", mapped(x, of_tanh)});
  if (const std::optional<Tensor> at_output = derivative_of(function, y)) {
    mistaken.push_back({"its derivative at the output in place of the argument", *at_output});
  }
  std::erase_if(mistaken, [](const Meaning& one) { return one.text.empty(); });
  return mistaken;
}

bool is_mask(const Tensor& t) {
  return std::ranges::all_of(entries(t), [](double x) { return x == 0 || x == 1; });
}

/// Entries between a half and three halves of their tensor's scale, of either sign: generic, and in
/// the domain of most functions if the first point is.
Tensor moved(const Tensor& t, std::mt19937_64& random) {
  const double scale = max_abs(t) > 0 ? max_abs(t) : 1;
  Tensor out = t;
  for (double& x : entries(out)) {
    const double part = std::ldexp(static_cast<double>(random() >> 12), -52);
    x = x == 0 ? scale * (part - 0.5) : x * (0.5 + part);
  }
  return out;
}

}  // namespace

bool same_entries(const Tensor& a, const Tensor& b) {
  if (without_ones(shape_of(a)) != without_ones(shape_of(b))) {
    return false;
  }
  const double off = same_to * std::max(max_abs(a), max_abs(b));
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a.data()[i] - b.data()[i]) <= off)) {
      return false;
    }
  }
  return true;
}

DerivationPoint::DerivationPoint(Network network, const std::vector<DerivationLine>& lines)
    : network_(std::move(network)), lines_(&lines) {
  values_ = forward<double>(network_);
  const Shape& loss = network_.value(network_.loss()).shape;
  gradients_ = backward<double>(network_, values_, network_.loss(), full<double>(loss, 1));
  for (const auto& [name, id] : network_.names()) {
    lend(name, values_[id]);
  }
  for (const DerivationLine& line : lines) {
    const std::optional<Tensor> value = line.claims
                                            ? std::optional<Tensor>(gradients_[*line.claims])
                                            : evaluated(line.statement.value, names_);
    if (value) {
      lend(line.target, *value);
    }
  }
  find_local_derivatives();
  find_meanings();
}

std::optional<DerivationPoint> DerivationPoint::elsewhere(const Network& network,
                                                          const std::vector<DerivationLine>& lines,
                                                          const std::vector<std::size_t>& right,
                                                          bool inputs) {
  Network other = network;
  std::mt19937_64 random(1);
  for (const ValueId id : other.leaves()) {
    const Role role = other.value(id).role;
    const bool moves =
        role == Role::parameter || (role == Role::input && inputs && !is_mask(other.leaf(id)));
    if (moves && !other.value(id).name.empty()) {
      other.set_leaf(id, moved(other.leaf(id), random));
    }
  }
  try {
    DerivationPoint point(std::move(other), lines);
    const bool holds =
        std::ranges::all_of(right, [&](std::size_t line) { return point.is_right(line); });
    return holds ? std::optional(std::move(point)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Tensor> DerivationPoint::evaluated(const Expression& expression, const Names& names) {
  try {
    return evaluate_in_double(expression, names);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Tensor> DerivationPoint::value_of(std::size_t line) const {
  return value_of(line, (*lines_)[line].statement.value);
}

std::optional<Tensor> DerivationPoint::value_of(std::size_t, const Expression& expression) const {
  return evaluated(expression, names_);
}

bool DerivationPoint::is_claimed(std::size_t line, const Tensor& value) const {
  return same_entries(value, gradients_[*(*lines_)[line].claims]);
}

bool DerivationPoint::is_right(std::size_t line) const {
  const std::optional<Tensor> value = value_of(line);
  return value && is_claimed(line, *value);
}

bool DerivationPoint::is_right_with(std::size_t line, std::size_t helper,
                                    const Tensor& value) const {
  const std::optional<Tensor> claimed = value_with(line, helper, value);
  return claimed && is_claimed(line, *claimed);
}

std::optional<Tensor> DerivationPoint::value_with(std::size_t line, std::size_t helper,
                                                  const Tensor& value) const {
  std::vector<std::size_t> between = helpers_of(*lines_, line);
  std::erase_if(between, [&](std::size_t other) { return other <= helper; });
  between.push_back(line);
  Names names;
  for (const std::size_t reader : between) {
    for (const std::string& name : names_in((*lines_)[reader].statement.value)) {
      if (const auto known = names_.find(name); known != names_.end()) {
        names.insert(*known);
      }
    }
  }
  names[(*lines_)[helper].target] = value;
  std::optional<Tensor> next;
  for (const std::size_t reader : between) {
    next = evaluated((*lines_)[reader].statement.value, names);
    if (!next) {
      return std::nullopt;
    }
    names[(*lines_)[reader].target] = *next;
  }
  return next;
}

void DerivationPoint::lend(const std::string& name, const Tensor& value) { names_[name] = value; }

void DerivationPoint::find_local_derivatives() {
  for (const Network::Node& node : network_.nodes()) {
    const std::string& function = node.layer->name();
    if (std::ranges::count(elementwise_functions(), function) == 0) {
      continue;
    }
    const Tensor& x = values_[node.inputs[0]];
    const Tensor& y = values_[node.outputs[0]];
    const std::vector<const Tensor*> inputs = inputs_of(node.inputs, values_);
    LocalDerivative local;
    local.function = function;
    const Value& argument = network_.value(node.inputs[0]);
    local.argument = argument.name.empty() ? argument.expression : argument.name;
    local.value =
        node.layer->backward({full<double>(shape_of(y), 1)}, Inputs<double>(inputs), {y})[0];
    local.mistaken = mistaken_derivatives(function, x, y);
    derivatives_.push_back(std::move(local));
  }
}

void DerivationPoint::find_meanings() {
  for (const LocalDerivative& local : derivatives_) {
    meanings_.push_back(
        {"the derivative of " + local.function + " at " + local.argument, local.value});
  }
  const std::vector<bool> needed = upstream_values(network_.graph(), network_.loss());
  // Of equal gradients that of the later value is the one that is meant.
  for (ValueId id = gradients_.size(); id-- > 0;) {
    const Value& value = network_.value(id);
    if (needed[id] && value.role != Role::constant) {
      const std::string what = value.name.empty() ? value.expression : value.name;
      meanings_.push_back({"the gradient of " + what, gradients_[id]});
    }
  }
}

}  // namespace gradcheck
