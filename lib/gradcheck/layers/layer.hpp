#pragma once

#include <gradcheck/layers/forward.hpp>

namespace gradcheck {

/// A forward function together with its hand-written backward.
class Layer : public Forward {
 public:
  /// The arithmetic inside backward, which may be coarser than forward's: then the numeric side
  /// keeps all digits of forward.
  virtual Precision backward_precision() const { return precision(); }

  /// Gradients of the inputs, given `dy`, the gradients of the outputs `y` at inputs `x`: one
  /// tensor an input, of its shape (whatever is returned for an input that is not differentiable is
  /// ignored).
  virtual Tensors<double> backward(const Tensors<double>& dy, Inputs<double> x,
                                   const Tensors<double>& y) const = 0;
  virtual Tensors<long double> backward(const Tensors<long double>& dy, Inputs<long double> x,
                                        const Tensors<long double>& y) const = 0;
};

using LayerPtr = std::shared_ptr<const Layer>;

}  // namespace gradcheck
