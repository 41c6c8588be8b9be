#include <gradcheck/analytic/analytic.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/user_layers/layer_network.hpp>

namespace gradcheck {

namespace {

/// "y", or "y0", "y1", ... where there are several; longer if that is taken.
std::string free_name(const Network& network, const std::string& stem, std::size_t k,
                      std::size_t count) {
  std::string name = stem + (count == 1 ? "" : std::to_string(k));
  while (network.find(name)) {
    name += "_";
  }
  return name;
}

/// Expressions by hand: the user's names need not be words of the network language.
Expression named(const std::string& name) {
  Expression expression;
  expression.kind = Expression::Kind::name;
  expression.text = name;
  return expression;
}

Expression binary(const char* operation, Expression left, Expression right) {
  Expression expression;
  expression.kind = Expression::Kind::binary;
  expression.text = operation;
  expression.children = {std::move(left), std::move(right)};
  return expression;
}

Expression summed(Expression terms) {
  Expression expression;
  expression.kind = Expression::Kind::call;
  expression.text = "sum";
  expression.children = {std::move(terms)};
  return expression;
}

class Builder {
 public:
  Builder(const std::shared_ptr<const AdaptedLayer>& layer, const UserLayer& user)
      : layer_(layer), user_(user) {}

  LayerNetwork build(const std::vector<InputTensor>& inputs, std::uint64_t seed) {
    if (inputs.size() != layer_->inputs()) {
      throw_value(layer_->name(), "forward", std::to_string(layer_->inputs()) + " inputs",
                  std::to_string(inputs.size()) + " as in .inputs");
    }
    give_inputs(inputs);
    give_parameters();
    apply();
    add_loss(seed);
    return std::move(built_);
  }

 private:
  Network& network() { return built_.network; }

  void give(const std::string& name, Role role, const Tensor& value, bool checked) {
    slots_.push_back(network().give(name, role, value));
    if (checked) {
      built_.checked.push_back(slots_.back());
    }
  }

  void give_inputs(const std::vector<InputTensor>& inputs) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::string name =
          inputs[k].name.empty() ? free_name(network(), "x", k, inputs.size()) : inputs[k].name;
      const bool checked = inputs[k].differentiable && layer_->differentiable(k);
      give(name, checked ? Role::input : Role::constant, inputs[k].value, checked);
    }
  }

  void give_parameters() {
    const std::vector<std::string> names = user_.parameter_names();
    for (std::size_t k = 0; k < names.size(); ++k) {
      give(names[k], Role::parameter, user_.parameter(k), true);
    }
  }

  void apply() {
    std::vector<const Tensor*> point;
    for (const ValueId id : slots_) {
      point.push_back(&network().leaf(id));
    }
    const std::size_t count = layer_->remember_shapes(point).size();
    std::vector<std::string> names = user_.output_names();
    if (names.size() != count) {
      names.clear();
      for (std::size_t k = 0; k < count; ++k) {
        names.push_back(free_name(network(), "y", k, count));
      }
    }
    std::string call;
    for (const ValueId id : slots_) {
      call += (call.empty() ? "" : ", ") + network().value(id).name;
    }
    built_.outputs =
        network().apply_all(names, layer_, slots_, {}, layer_->name() + "(" + call + ")");
  }

  void add_loss(std::uint64_t seed) {
    const std::vector<ValueId>& y = built_.outputs;
    if (y.size() == 1 && entries_of(network().value(y[0]).shape) == 1) {
      network().set_loss(y[0]);
      return;
    }
    built_.projected = true;
    Statement loss{{free_name(network(), "L", 0, 1)}, {}, "", {}};
    for (std::size_t k = 0; k < y.size(); ++k) {
      const std::string upstream = free_name(network(), "U", k, y.size());
      const std::string name = network().value(y[k]).name;
      const Shape& shape = network().value(y[k]).shape;
      network().give(upstream, Role::constant, upstream_for(shape, seed + k, layer_->precision()));
      Expression term = summed(binary("*", named(upstream), named(name)));
      loss.value = k == 0 ? std::move(term) : binary("+", std::move(loss.value), std::move(term));
      loss.text +=
          (k == 0 ? loss.targets[0] + " = sum(" : " + sum(") + upstream + " * " + name + ")";
    }
    add_statements(network(), {std::move(loss)});
  }

  std::shared_ptr<const AdaptedLayer> layer_;
  const UserLayer& user_;
  LayerNetwork built_;
  std::vector<ValueId> slots_;
};

}  // namespace

LayerNetwork network_of(const std::shared_ptr<const AdaptedLayer>& layer, const UserLayer& user,
                        const std::vector<InputTensor>& inputs, std::uint64_t seed) {
  return Builder(layer, user).build(inputs, seed);
}

}  // namespace gradcheck
