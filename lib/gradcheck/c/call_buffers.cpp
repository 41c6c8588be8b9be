#include <gradcheck/c/call_buffers.hpp>

namespace gradcheck {

using Slot = LayerDescription::Slot;

void CallBuffers::add(const Slot& slot, const Tensor& value) {
  if (shape_of(value) != slot.shape) {
    throw_shape(layer_.callee.layer + "." + callback_, slot.name,
                "<" + to_string(shape_of(value)) + ">", to_string(slot.shape));
  }
  buffers_.push_back({slot.name, NumberBuffer(layer_.type, value)});
}

void CallBuffers::add(const Slot& slot) {
  buffers_.push_back({slot.name, NumberBuffer(layer_.type, slot.shape)});
}

void CallBuffers::add_nothing(const Slot& slot) {
  buffers_.push_back({slot.name, NumberBuffer(layer_.type, zeros<double>(slot.shape)), false});
}

std::vector<void*> CallBuffers::pointers() {
  std::vector<void*> result;
  for (Buffer& buffer : buffers_) {
    result.push_back(buffer.given ? buffer.numbers.data() : nullptr);
  }
  return result;
}

void CallBuffers::require_guarded() const {
  for (const Buffer& buffer : buffers_) {
    if (!buffer.numbers.guarded()) {
      layer_.callee.fail(callback_, "writes beyond the end of <" + buffer.name + ">, expected " +
                                        to_string(buffer.numbers.shape()) + " entries");
    }
  }
}

std::vector<std::string> CallBuffers::changed(Inputs<double> values) const {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (!buffers_[k].numbers.holds(*values[k])) {
      names.push_back(buffers_[k].name);
    }
  }
  return names;
}

Tensors<double> CallBuffers::tensors() const {
  Tensors<double> result;
  for (const Buffer& buffer : buffers_) {
    result.push_back(buffer.numbers.tensor());
  }
  return result;
}

}  // namespace gradcheck
