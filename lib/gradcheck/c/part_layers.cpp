#include <gradcheck/c/part_layers.hpp>

namespace gradcheck {

CallbackLayer& PartLayers::layer_for(Inputs<double> x) {
  const std::vector<LayerDescription::Input>& inputs = whole_->description().inputs;
  for (std::size_t k = 0; k < x.size() && k < inputs.size(); ++k) {
    if (shape_of(*x[k]) == inputs[k].shape || x[k]->dimension() == 0) {
      continue;
    }
    const std::size_t rows = x[k]->shape()[0];
    std::unique_ptr<CallbackLayer>& part = parts_[rows];
    if (!part) {
      const gradcheck_layer* const made = part_(rows);
      if (made == nullptr) {
        throw CallbackError(name() + ".part: returns <null>, expected the layer for " +
                            std::to_string(rows) + " rows");
      }
      part = std::make_unique<CallbackLayer>(read_layer(made, LayerUse::candidate));
    }
    return *part;
  }
  return *whole_;
}

Tensors<double> PartLayers::forward(Inputs<double> x) {
  last_ = &layer_for(x);
  return last_->forward(x);
}

}  // namespace gradcheck
