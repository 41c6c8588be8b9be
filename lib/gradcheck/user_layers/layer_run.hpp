#pragma once

#include <optional>
#include <string>

#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// What one forward and one backward gave.
struct LayerRun {
  Tensors<double> y;
  Tensors<double> dx;       ///< of the inputs with a gradient, in their order
  Tensors<double> dparams;  ///< of the parameters
};

/// forward(x); the results as Errors where user code throws.
Tensors<double> run_forward(UserLayer& layer, const Tensors<double>& x);

/// backward(dy) on the last forward, from gradients of parameters that hold `held` (zeros without
/// it).
LayerRun run_backward(UserLayer& layer, const Tensors<double>& dy,
                      const Tensors<double>& held = {});

/// Both.
LayerRun run_layer(UserLayer& layer, const Tensors<double>& x, const Tensors<double>& dy,
                   const Tensors<double>& held = {});

/// Zeros in the shapes of the parameters.
Tensors<double> zero_gradients(const UserLayer& layer);

/// Where two runs differ most, relative to the largest entry of the tensor, if that is more than
/// `tolerance`: "the gradient of W[0, 1] is 2, then 3".
struct RunDifference {
  double relative = 0;
  std::string text;
};
std::optional<RunDifference> difference_between(const UserLayer& layer, const LayerRun& first,
                                                const LayerRun& then, double tolerance);

}  // namespace gradcheck
