#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/result/options.hpp>
#include <gradcheck/user_layers/forward_ref.hpp>
#include <gradcheck/user_layers/parameter_ref.hpp>
#include <gradcheck/user_layers/tensor_traits.hpp>
#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// A tensor handed to a layer: anything with TensorTraits. Integers are labels or indices, through
/// which no gradient flows.
struct InputTensor {
  template <TensorLike T>
  InputTensor(const T& t)
      : value(TensorTraits<T>::tensor(t)), differentiable(!std::is_integral_v<NumberOf<T>>) {}
  template <TensorLike T>
  InputTensor(std::string its_name, const T& t) : InputTensor(t) {
    name = std::move(its_name);
  }

  std::string name{};  ///< as in reports; "x", or "x0", "x1", ... without one
  Tensor value;
  bool differentiable = true;
};

/// The same tensor, held constant: no gradient is expected for it.
inline InputTensor constant(InputTensor input) {
  input.differentiable = false;
  return input;
}

/// The relative tolerance of the tensors of that name.
struct TensorRtol {
  std::string name;
  double rtol = 0;
};

/// How a layer is checked: check_layer(layer, {.inputs = {x}}).
struct LayerOptions {
  /// What forward is called with.
  std::vector<InputTensor> inputs{};
  /// Parameters beside those that the layer's own `parameters()` lists: {"W", layer.W, layer.dW}.
  std::vector<ParameterRef> parameters{};
  /// The layer's name in the report; that of its type without one.
  std::string name{};
  /// What backward does with the gradients that it finds in the parameters. A layer that does not
  /// say so is asked; one that says so is held to it.
  BackwardContract contract = BackwardContract::unknown;
  /// Called before each forward: to seed or freeze what is random, to restore running statistics.
  std::function<void()> before_forward{};
  /// Why backward is not forward's derivative, if that is on purpose (clipping, a straight-through
  /// estimator): disagreements are then reported without failing.
  std::string intended_deviation{};
  /// Whether the layer claims that row n of every output (axis 0) depends on row n of every input
  /// alone.
  bool independent_rows = false;
  /// Whether to look for side effects, stale caches and the like beside comparing gradients.
  bool hygiene = true;
  CheckOptions check{};
  /// What is differentiated in place of the layer's own forward: anything with the same forward,
  /// such as one in double beside a layer in float.
  ForwardRef reference{};
  /// Names or globs of the inputs and parameters to check, and of those to leave out; `only` empty:
  /// all. One that no tensor has is an error.
  std::vector<std::string> only{};
  std::vector<std::string> skip{};
  /// Relative tolerances of their own, by name or glob: {{"W", 1e-5}}. The first that fits holds.
  std::vector<TensorRtol> rtols{};
  /// Entries of each tensor to compare, chosen by the seed; 0: all. The verdict is that of the
  /// sample.
  std::size_t max_entries = 0;
  /// Seconds after which the check stops, inconclusive; 0: no limit.
  double max_seconds = 0;
};

}  // namespace gradcheck
