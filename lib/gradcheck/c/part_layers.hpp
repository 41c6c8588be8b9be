#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gradcheck/c/callback_layer.hpp>

namespace gradcheck {

/// A layer behind the C interface, for any number of rows: buffers of such a layer have one shape,
/// so another one, with the same parameters in the same memory, is asked for where a batch is
/// smaller.
class PartLayers final : public UserLayer {
 public:
  using Part = std::function<const gradcheck_layer*(std::size_t rows)>;

  PartLayers(std::shared_ptr<CallbackLayer> whole, Part part)
      : whole_(std::move(whole)), part_(std::move(part)), last_(whole_.get()) {}

  bool failing() const { return last_->failing(); }

  const std::string& name() const override { return whole_->name(); }
  Precision precision() const override { return whole_->precision(); }
  std::vector<std::string> parameter_names() const override { return whole_->parameter_names(); }
  Tensor parameter(std::size_t k) const override { return whole_->parameter(k); }
  void set_parameter(std::size_t k, const Tensor& value) override {
    whole_->set_parameter(k, value);
  }
  Tensor parameter_gradient(std::size_t k) const override { return whole_->parameter_gradient(k); }
  void set_parameter_gradient(std::size_t k, const Tensor& value) override {
    whole_->set_parameter_gradient(k, value);
  }
  bool differentiable(std::size_t input) const override { return whole_->differentiable(input); }
  std::vector<std::string> output_names() const override { return whole_->output_names(); }

  /// Throws CallbackError if there is no layer for so many rows.
  Tensors<double> forward(Inputs<double> x) override;
  Tensors<double> backward(const Tensors<double>& dy) override { return last_->backward(dy); }

 private:
  CallbackLayer& layer_for(Inputs<double> x);

  std::shared_ptr<CallbackLayer> whole_;  ///< destroyed last: it restores the parameters
  Part part_;
  std::map<std::size_t, std::unique_ptr<CallbackLayer>> parts_;  ///< by rows
  CallbackLayer* last_;                                          ///< whose forward was called
};

}  // namespace gradcheck
