#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gradcheck/layers/forward.hpp>

namespace gradcheck {

/// What backward does with the gradients of parameters that it finds: writes over them, or adds to
/// them.
enum class BackwardContract { unknown, assigns, adds };

/// What a layer does that its caller does not expect, in words that go on after the layer's name:
/// "forward writes to its input x".
struct LayerFinding {
  std::string text;
  bool breaks_contract = false;  ///< an error; otherwise merely unusual
};

/// A layer as its user wrote it, with everything that is particular to a language or a tensor type
/// taken away: usually stateful, `forward` keeping what `backward` needs.
class UserLayer {
 public:
  virtual ~UserLayer() = default;

  virtual const std::string& name() const = 0;
  virtual Precision precision() const { return Precision::float64; }

  /// Names of the parameters, in the order of the calls below.
  virtual std::vector<std::string> parameter_names() const { return {}; }
  virtual Tensor parameter(std::size_t k) const = 0;
  virtual void set_parameter(std::size_t k, const Tensor& value) = 0;
  /// The gradient that backward left for a parameter.
  virtual Tensor parameter_gradient(std::size_t k) const = 0;
  virtual void set_parameter_gradient(std::size_t k, const Tensor& value) = 0;
  virtual BackwardContract contract() const { return BackwardContract::unknown; }

  /// Whether a gradient flows to that input.
  virtual bool differentiable(std::size_t /*input*/) const { return true; }

  /// The names of the outputs in reports; none: "y", or "y0", "y1", ...
  virtual std::vector<std::string> output_names() const { return {}; }

  virtual Tensors<double> forward(Inputs<double> x) = 0;

  /// The outputs at several points at once, those of each by itself, with the parameters as they
  /// are: what forward gives there, though perhaps rounded otherwise. It leaves nothing for
  /// backward. Called only where `batches()`.
  virtual bool batches() const { return false; }
  virtual std::vector<Tensors<double>> forward_batch(std::span<const Tensors<double>> /*points*/) {
    return {};
  }

  /// Gradients of the inputs of the last forward, an input each (whatever stands for one that is
  /// not differentiable is ignored); those of the parameters are left in the layer.
  virtual Tensors<double> backward(const Tensors<double>& dy) = 0;

  /// An independent layer with the same parameters, or null if there is no way to make one.
  virtual std::unique_ptr<UserLayer> fork() const { return nullptr; }

  /// What was seen in the calls since this was last asked for, and cannot be seen from outside,
  /// such as writing to an input.
  virtual std::vector<LayerFinding> take_findings() { return {}; }
};

}  // namespace gradcheck
