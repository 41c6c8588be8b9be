#pragma once

#include <memory>

#include <gradcheck/c/call_buffers.hpp>
#include <gradcheck/c/layer_description.hpp>

namespace gradcheck {

/// The layer behind a gradcheck_layer: each call copies its tensors into buffers of the layer's
/// number type, and the results back. Parameters stay in the user's memory, whose values are as
/// they were once the CallbackLayer is gone.
class CallbackLayer : public UserLayer {
 public:
  explicit CallbackLayer(LayerDescription layer);
  ~CallbackLayer() override;
  CallbackLayer(const CallbackLayer&) = delete;
  CallbackLayer& operator=(const CallbackLayer&) = delete;

  const LayerDescription& description() const { return layer_; }

  /// Whether the last call of a callback failed.
  bool failing() const { return failing_; }

  const std::string& name() const override { return layer_.callee.layer; }
  Precision precision() const override {
    return layer_.type == NumberType::float64 ? Precision::float64 : Precision::float32;
  }
  std::vector<std::string> parameter_names() const override;
  Tensor parameter(std::size_t k) const override;
  void set_parameter(std::size_t k, const Tensor& value) override;
  Tensor parameter_gradient(std::size_t k) const override;
  void set_parameter_gradient(std::size_t k, const Tensor& value) override;
  BackwardContract contract() const override { return layer_.contract; }
  bool differentiable(std::size_t input) const override {
    return !layer_.inputs.at(input).constant;
  }

  std::vector<std::string> output_names() const override;

  /// Throws CallbackError if the callback fails or writes beyond an end. The buffers that a forward
  /// was called with are kept until the next one.
  Tensors<double> forward(Inputs<double> x) override;
  Tensors<double> backward(const Tensors<double>& dy) override;

  bool batches() const override { return layer_.forward_batch != nullptr; }
  std::vector<Tensors<double>> forward_batch(std::span<const Tensors<double>> points) override;

  std::vector<LayerFinding> take_findings() override;

 protected:
  /// Gives the parameters their values back, while their memory is still there.
  void restore();

 private:
  /// Only the first calls are watched: later ones differ from them in nothing but numbers.
  static constexpr int watched_calls = 64;
  bool watching() const { return calls_ < watched_calls; }
  void note_changes(const char* what, const std::vector<std::string>& names);

  LayerDescription layer_;
  std::unique_ptr<CallBuffers> inputs_;  ///< of the last forward
  Tensors<double> x_;                    ///< what they held after it, while calls are watched
  std::unique_ptr<CallBuffers> outputs_;
  bool failing_ = false;
  int calls_ = 0;
  std::vector<LayerFinding> findings_;       ///< each once
  std::vector<std::vector<char>> original_;  ///< the bytes of the parameters' values
};

}  // namespace gradcheck
