#include <algorithm>
#include <utility>

#include <gradcheck/c/callback_layer.hpp>
#include <gradcheck/c/point_buffers.hpp>

namespace gradcheck {
namespace {

using Slot = LayerDescription::Slot;

std::size_t bytes_of(const Slot& slot, NumberType type) {
  return entries_of(slot.shape) * bytes_of(type);
}

void require_shape(const std::string& where, const Slot& slot, const Tensor& t) {
  if (shape_of(t) != slot.shape) {
    throw_shape(where, slot.name, "<" + to_string(shape_of(t)) + ">", to_string(slot.shape));
  }
}

void require_count(const LayerDescription& layer, const char* callback, std::size_t got,
                   std::size_t wanted) {
  if (got != wanted) {
    throw_value(layer.callee.layer + "." + callback, "tensors", "<" + std::to_string(got) + ">",
                std::to_string(wanted));
  }
}

std::vector<const Tensor*> pointers_to(const Tensors<double>& tensors) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) {
    pointers.push_back(&tensor);
  }
  return pointers;
}

}  // namespace

CallbackLayer::CallbackLayer(LayerDescription layer) : layer_(std::move(layer)) {
  for (const LayerDescription::Parameter& parameter : layer_.parameters) {
    const char* const bytes = static_cast<const char*>(parameter.value);
    original_.emplace_back(bytes, bytes + bytes_of(parameter, layer_.type));
  }
}

CallbackLayer::~CallbackLayer() { restore(); }

void CallbackLayer::restore() {
  for (std::size_t k = 0; k < original_.size(); ++k) {
    std::copy(original_[k].begin(), original_[k].end(),
              static_cast<char*>(layer_.parameters[k].value));
  }
  original_.clear();
}

std::vector<std::string> CallbackLayer::parameter_names() const {
  std::vector<std::string> names;
  for (const LayerDescription::Parameter& parameter : layer_.parameters) {
    names.push_back(parameter.name);
  }
  return names;
}

Tensor CallbackLayer::parameter(std::size_t k) const {
  const LayerDescription::Parameter& parameter = layer_.parameters.at(k);
  return read_numbers(parameter.value, layer_.type, parameter.shape);
}

void CallbackLayer::set_parameter(std::size_t k, const Tensor& value) {
  const LayerDescription::Parameter& parameter = layer_.parameters.at(k);
  require_shape(name(), parameter, value);
  write_numbers(value, layer_.type, parameter.value);
}

Tensor CallbackLayer::parameter_gradient(std::size_t k) const {
  const LayerDescription::Parameter& parameter = layer_.parameters.at(k);
  return read_numbers(parameter.gradient, layer_.type, parameter.shape);
}

void CallbackLayer::set_parameter_gradient(std::size_t k, const Tensor& value) {
  const LayerDescription::Parameter& parameter = layer_.parameters.at(k);
  require_shape(name(), parameter, value);
  write_numbers(value, layer_.type, parameter.gradient);
}

std::vector<std::string> CallbackLayer::output_names() const {
  std::vector<std::string> names;
  for (const Slot& slot : layer_.outputs) {
    names.push_back(slot.name);
  }
  return names;
}

std::vector<LayerFinding> CallbackLayer::take_findings() {
  while (layer_.take_finding != nullptr) {
    const char* text = nullptr;
    std::int32_t breaks_contract = 0;
    call(layer_.callee, "take_finding", [&] {
      text = layer_.take_finding(layer_.callee.context, &breaks_contract);
      return 0;
    });
    if (text == nullptr) {
      break;
    }
    findings_.push_back({text, breaks_contract != 0});
  }
  return std::exchange(findings_, {});
}

void CallbackLayer::note_changes(const char* what, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string text = what + name;
    const bool known = std::any_of(findings_.begin(), findings_.end(),
                                   [&](const LayerFinding& one) { return one.text == text; });
    if (!known) {
      findings_.push_back({text, true});
    }
  }
}

Tensors<double> CallbackLayer::forward(Inputs<double> x) {
  require_count(layer_, "forward", x.size(), layer_.inputs.size());
  auto inputs = std::make_unique<CallBuffers>(layer_, "forward");
  auto outputs = std::make_unique<CallBuffers>(layer_, "forward");
  for (std::size_t k = 0; k < x.size(); ++k) {
    inputs->add(layer_.inputs[k], *x[k]);
  }
  for (const Slot& slot : layer_.outputs) {
    outputs->add(slot);
  }
  failing_ = true;
  const std::vector<void*> read = inputs->pointers();
  const std::vector<void*> written = outputs->pointers();
  call(layer_.callee, "forward",
       [&] { return layer_.forward(layer_.callee.context, read.data(), written.data()); });
  outputs->require_guarded();
  inputs_ = std::move(inputs);
  outputs_ = std::move(outputs);
  failing_ = false;
  ++calls_;
  x_.clear();
  if (watching()) {
    note_changes("forward writes to its input ", inputs_->changed(x));
    x_ = inputs_->tensors();
  }
  return outputs_->tensors();
}

Tensors<double> CallbackLayer::backward(const Tensors<double>& dy) {
  require_count(layer_, "backward", dy.size(), layer_.outputs.size());
  CallBuffers upstream(layer_, "backward");
  CallBuffers gradients(layer_, "backward");
  const std::vector<const Tensor*> given = pointers_to(dy);
  for (std::size_t k = 0; k < dy.size(); ++k) {
    upstream.add(layer_.outputs[k], dy[k]);
  }
  for (const LayerDescription::Input& input : layer_.inputs) {
    input.constant ? gradients.add_nothing(input) : gradients.add(input);
  }
  failing_ = true;
  const std::vector<void*> read = upstream.pointers();
  const std::vector<void*> written = gradients.pointers();
  call(layer_.callee, "backward",
       [&] { return layer_.backward(layer_.callee.context, read.data(), written.data()); });
  gradients.require_guarded();
  failing_ = false;
  if (!x_.empty()) {
    note_changes("backward writes to its upstream ", upstream.changed(given));
    note_changes("backward writes to its input ", inputs_->changed(pointers_to(x_)));
  }
  return gradients.tensors();
}

std::vector<Tensors<double>> CallbackLayer::forward_batch(std::span<const Tensors<double>> points) {
  PointBuffers inputs(layer_, layer_.inputs, points.size());
  PointBuffers outputs(layer_, layer_.outputs, points.size());
  inputs.fill(points);
  const std::vector<void*> read = inputs.pointers();
  const std::vector<void*> written = outputs.pointers();
  failing_ = true;
  call(layer_.callee, "forward_batch", [&] {
    return layer_.forward_batch(layer_.callee.context, points.size(), read.data(), written.data());
  });
  outputs.require_guarded("forward_batch");
  failing_ = false;
  return outputs.points();
}

}  // namespace gradcheck
