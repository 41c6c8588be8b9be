#include <algorithm>
#include <array>

#include <gradcheck/user_layers/adapted_layer.hpp>

namespace gradcheck {

namespace {

std::vector<Shape> shapes_of(const Tensors<double>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) {
    shapes.push_back(shape_of(tensor));
  }
  return shapes;
}

std::vector<const Tensor*> pointers_to(const Tensors<double>& tensors) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) {
    pointers.push_back(&tensor);
  }
  return pointers;
}

Tensors<double> rounded(Inputs<long double> x) {
  Tensors<double> tensors;
  for (const LongTensor* each : x) {
    tensors.push_back(cast<double>(*each));
  }
  return tensors;
}

Tensors<long double> widened(const Tensors<double>& tensors) {
  Tensors<long double> wide;
  for (const Tensor& tensor : tensors) {
    wide.push_back(cast<long double>(tensor));
  }
  return wide;
}

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

}  // namespace

Tensor fitted(const std::string& layer, const std::string& what, Tensor gradient,
              const Shape& shape) {
  const Shape found = shape_of(gradient);
  if (without_ones(found) != without_ones(shape)) {
    throw_shape(layer, what, to_string(found), to_string(shape));
  }
  return reshaped(std::move(gradient), shape);
}

AdaptedLayer::AdaptedLayer(std::shared_ptr<UserLayer> layer, std::size_t inputs,
                           std::shared_ptr<UserLayer> reference)
    : layer_(std::move(layer)), reference_(std::move(reference)), inputs_(inputs) {
  guarded_call(name(), "a parameter", [&] {
    parameter_names_ = layer_->parameter_names();
    for (std::size_t k = 0; k < parameter_names_.size(); ++k) {
      parameter_shapes_.push_back(shape_of(layer_->parameter(k)));
    }
  });
}

void AdaptedLayer::require_shapes(std::span<const Shape> shapes) const {
  if (shapes.size() != inputs_ + parameters()) {
    throw_value(
        name(), "the call", std::to_string(shapes.size()) + " tensors",
        std::to_string(inputs_) + " inputs and " + std::to_string(parameters()) + " parameters");
  }
  for (std::size_t k = 0; k < parameters(); ++k) {
    if (shapes[inputs_ + k] != parameter_shapes_[k]) {
      throw_shape(name(), parameter_names_[k], to_string(shapes[inputs_ + k]),
                  to_string(parameter_shapes_[k]));
    }
  }
}

std::vector<Shape> AdaptedLayer::output_shapes(std::span<const Shape> inputs) const {
  require_shapes(inputs);
  const std::vector<Shape> key(inputs.begin(), inputs.end());
  {
    const std::lock_guard lock(running_);
    if (const auto found = shapes_.find(key); found != shapes_.end()) {
      return found->second;
    }
  }
  std::string refused;
  for (const double filling : {0.0, 1.0, 0.5}) {
    Tensors<double> x;
    for (std::size_t slot = 0; slot < inputs_; ++slot) {
      x.push_back(full<double>(key[slot], filling));
    }
    for (std::size_t k = 0; k < parameters(); ++k) {
      x.push_back(layer_->parameter(k));
    }
    try {
      return remember_shapes(pointers_to(x));
    } catch (const Error& error) {
      refused = error.what();
    }
  }
  throw ShapeError(refused);
}

std::vector<Shape> AdaptedLayer::remember_shapes(Inputs<double> x) const {
  std::vector<Shape> key;
  for (const Tensor* each : x) {
    key.push_back(shape_of(*each));
  }
  require_shapes(key);
  const std::lock_guard lock(running_);
  const Tensors<double> y = run_forward(x);
  if (y.empty()) {
    throw_value(name(), "forward", "no output", "at least one");
  }
  return shapes_[key] = shapes_of(y);
}

/// The user's forward at these inputs and parameters.
Tensors<double> AdaptedLayer::run_forward(Inputs<double> x) const {
  return guarded_call(name(), "forward", [&] {
    for (std::size_t k = 0; k < parameters(); ++k) {
      layer_->set_parameter(k, *x[inputs_ + k]);
    }
    return layer_->forward(x.first(inputs_));
  });
}

Tensors<double> AdaptedLayer::run_reference(Inputs<double> x) const {
  return guarded_call(name(), "the reference's forward", [&] {
    const std::vector<std::string> names = reference_->parameter_names();
    for (std::size_t k = 0; k < names.size(); ++k) {
      const auto own = std::ranges::find(parameter_names_, names[k]);
      if (own == parameter_names_.end()) {
        throw_value(name(), ".reference", "a parameter " + names[k], "those of the layer");
      }
      reference_->set_parameter(
          k, *x[inputs_ + static_cast<std::size_t>(own - parameter_names_.begin())]);
    }
    return reference_->forward(x.first(inputs_));
  });
}

Tensors<double> AdaptedLayer::forward(Inputs<double> x) const {
  const std::lock_guard lock(running_);
  std::vector<Shape> key;
  for (const Tensor* each : x) {
    key.push_back(shape_of(*each));
  }
  Tensors<double> y = reference_ ? run_reference(x) : run_forward(x);
  const auto known = shapes_.find(key);
  if (known != shapes_.end() && shapes_of(y) != known->second) {
    throw ShapeError(name() +
                     ": forward returns other shapes than before, expected the same for "
                     "inputs of the same shapes");
  }
  return y;
}

Tensors<long double> AdaptedLayer::forward(Inputs<long double> x) const {
  const Tensors<double> in_double = rounded(x);
  return widened(forward(Inputs<double>(pointers_to(in_double))));
}

Tensors<double> AdaptedLayer::forward_along(const Branches&, Inputs<double> x) const {
  return forward(x);
}

Tensors<long double> AdaptedLayer::forward_along(const Branches&, Inputs<long double> x) const {
  return forward(x);
}

Tensors<double> AdaptedLayer::run_backward(const Tensors<double>& dy) const {
  return guarded_call(name(), "backward", [&] {
    for (std::size_t k = 0; k < parameters(); ++k) {
      layer_->set_parameter_gradient(k, zeros<double>(parameter_shapes_[k]));
    }
    Tensors<double> gradients = layer_->backward(dy);
    if (gradients.size() != inputs_) {
      throw_value(name(), "backward's result", std::to_string(gradients.size()) + " gradients",
                  std::to_string(inputs_) + ", one for each input");
    }
    for (std::size_t k = 0; k < parameters(); ++k) {
      gradients.push_back(layer_->parameter_gradient(k));
    }
    return gradients;
  });
}

Tensors<double> AdaptedLayer::backward(const Tensors<double>& dy, Inputs<double> x,
                                       const Tensors<double>&) const {
  const std::lock_guard lock(running_);
  run_forward(x);
  Tensors<double> gradients = run_backward(dy);
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (differentiable(slot)) {
      const std::string what = slot < inputs_
                                   ? "the gradient of input " + std::to_string(slot)
                                   : "the gradient of " + parameter_names_[slot - inputs_];
      gradients[slot] = fitted(name(), what, std::move(gradients[slot]), shape_of(*x[slot]));
    }
  }
  return gradients;
}

Tensors<long double> AdaptedLayer::backward(const Tensors<long double>& dy, Inputs<long double> x,
                                            const Tensors<long double>& y) const {
  const Tensors<double> in_double = rounded(x);
  Tensors<double> upstream;
  for (const LongTensor& each : dy) {
    upstream.push_back(cast<double>(each));
  }
  static_cast<void>(y);
  return widened(backward(upstream, Inputs<double>(pointers_to(in_double)), {}));
}

bool AdaptedLayer::differentiable(std::size_t slot) const {
  return slot < inputs_ ? layer_->differentiable(slot) : true;
}

}  // namespace gradcheck
