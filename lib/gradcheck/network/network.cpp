#include <gradcheck/network/network.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

void Network::require_room(const Shape& shape) {
  entries_ += entries_of(shape);
  if (entries_ > max_entries) {
    throw_shape("network", "its next value", to_string(shape),
                "at most " + std::to_string(max_entries) + " entries in all values together");
  }
}

ValueId Network::add_value(Value value, Tensor tensor) {
  require_room(value.shape);
  graph_.values.push_back(std::move(value));
  tensors_.push_back(std::move(tensor));
  return graph_.values.size() - 1;
}

void Network::take_name(const std::string& name, ValueId id) {
  if (!name.empty() && !names_.emplace(name, id).second) {
    throw ValueError("network: the name '" + name + "' is taken, expected a new one");
  }
}

ValueId Network::give(std::string name, Role role, Tensor value, Position at) {
  take_name(name, graph_.values.size());
  const Shape shape = shape_of(value);
  const ValueId id = add_value({std::move(name), "", role, shape, at}, std::move(value));
  leaves_.push_back(id);
  return id;
}

ValueId Network::apply(std::string name, LayerPtr layer, std::vector<ValueId> inputs, Position at,
                       std::string expression) {
  return apply_all({std::move(name)}, std::move(layer), std::move(inputs), at,
                   std::move(expression))[0];
}

ValueId Network::add(const std::string& name, const NetworkLayer& use,
                     std::vector<ValueId> inputs) {
  for (const NetworkLayer::Parameter& parameter : use.parameters) {
    inputs.push_back(give(name + "." + parameter.name, Role::parameter, parameter.value));
  }
  return apply(name, use.layer, std::move(inputs));
}

std::vector<ValueId> Network::apply_all(std::vector<std::string> names, LayerPtr layer,
                                        std::vector<ValueId> inputs, Position at,
                                        std::string expression) {
  std::vector<Shape> input_shapes;
  for (const ValueId input : inputs) {
    input_shapes.push_back(graph_.values[input].shape);
  }
  const std::vector<Shape> shapes = layer->output_shapes(input_shapes);
  if (shapes.size() != names.size()) {
    throw ValueError(layer->name() + ": it has " + std::to_string(shapes.size()) +
                     (shapes.size() == 1 ? " output" : " outputs") + ", expected " +
                     std::to_string(names.size()) + " as named");
  }
  std::vector<ValueId> outputs;
  for (std::size_t k = 0; k < names.size(); ++k) {
    take_name(names[k], graph_.values.size());
    outputs.push_back(add_value({names[k], expression, Role::intermediate, shapes[k], at}, {}));
  }
  graph_.nodes.push_back({layer, inputs, outputs, at});
  nodes_.push_back({std::move(layer), std::move(inputs), outputs, at});
  loss_ = outputs.back();
  return outputs;
}

std::optional<ValueId> Network::find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional<ValueId>(found->second);
}

void Network::set_leaf(ValueId id, Tensor value) {
  if (shape_of(value) != graph_.values[id].shape) {
    throw_shape("network", graph_.values[id].name, to_string(shape_of(value)),
                to_string(graph_.values[id].shape));
  }
  tensors_[id] = std::move(value);
}

template <class Real>
Values<Real> leaf_values(const Network& network) {
  Values<Real> values(network.values().size());
  for (const ValueId id : network.leaves()) {
    values[id] = cast<Real>(network.leaf(id));
  }
  return values;
}

template <class Real>
Values<Real> forward(const Network& network) {
  return forward(network, leaf_values<Real>(network));
}

template <class Real>
Values<Real> forward(const Network& network, Values<Real> values) {
  for (const Network::Node& node : network.nodes()) {
    const std::vector<const TensorOf<Real>*> x = inputs_of(node.inputs, values);
    try {
      Tensors<Real> y = node.layer->forward(Inputs<Real>(x));
      for (std::size_t k = 0; k < y.size(); ++k) {
        values[node.outputs[k]] = std::move(y[k]);
      }
    } catch (const Error& error) {
      throw LocatedError(node.at, error.what());
    }
  }
  return values;
}

namespace {

template <class Real>
void accumulate(TensorOf<Real>& sum, const TensorOf<Real>& term) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum.data()[i] += term.data()[i];
  }
}

/// What a backward drops or repeats shows in the shape of its result.
template <class Real>
void require_fitting(const Network& network, const Network::Node& node, const Tensors<Real>& dx) {
  if (dx.size() != node.inputs.size()) {
    throw LocatedError(node.at, node.layer->name() + ": backward returns " +
                                    std::to_string(dx.size()) + " gradients, expected " +
                                    std::to_string(node.inputs.size()) + ", one for each input");
  }
  for (std::size_t slot = 0; slot < dx.size(); ++slot) {
    const Shape& expected = network.value(node.inputs[slot]).shape;
    if (node.layer->differentiable(slot) && !has_shape(dx[slot], expected)) {
      throw LocatedError(node.at, node.layer->name() + ": backward's gradient of input " +
                                      std::to_string(slot) + " has shape " +
                                      to_string(shape_of(dx[slot])) + ", expected " +
                                      to_string(expected));
    }
  }
}

}  // namespace

template <class Real>
Values<Real> backward(const Network& network, const Values<Real>& values, ValueId target,
                      const TensorOf<Real>& upstream, const Touch<Real>& touch) {
  Values<Real> gradients;
  gradients.reserve(network.values().size());
  for (const Value& value : network.values()) {
    append(gradients, [&] { return zeros<Real>(value.shape); });
  }
  gradients[target] = upstream;
  const std::vector<bool> needed = upstream_values(network.graph(), target);
  for (std::size_t k = network.nodes().size(); k-- > 0;) {
    const Network::Node& node = network.nodes()[k];
    bool used = false;
    for (const ValueId output : node.outputs) {
      used = used || needed[output];
    }
    if (!used) {
      continue;
    }
    Tensors<Real> dy, y;
    dy.reserve(node.outputs.size());
    y.reserve(node.outputs.size());
    for (const ValueId output : node.outputs) {
      if (touch) {
        touch(output, gradients[output]);
      }
      dy.push_back(gradients[output]);
      y.push_back(values[output]);
    }
    const std::vector<const TensorOf<Real>*> x = inputs_of(node.inputs, values);
    const Tensors<Real> dx = node.layer->backward(dy, Inputs<Real>(x), y);
    require_fitting(network, node, dx);
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (node.layer->differentiable(slot)) {
        accumulate(gradients[node.inputs[slot]], dx[slot]);
      }
    }
  }
  return gradients;
}

template Values<double> leaf_values(const Network&);
template Values<long double> leaf_values(const Network&);
template Values<double> forward(const Network&);
template Values<long double> forward(const Network&);
template Values<double> forward(const Network&, Values<double>);
template Values<long double> forward(const Network&, Values<long double>);
template Values<double> backward(const Network&, const Values<double>&, ValueId, const Tensor&,
                                 const Touch<double>&);
template Values<long double> backward(const Network&, const Values<long double>&, ValueId,
                                      const LongTensor&, const Touch<long double>&);

}  // namespace gradcheck
