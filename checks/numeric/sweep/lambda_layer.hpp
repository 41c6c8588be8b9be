#pragma once

#include <functional>
#include <memory>

#include <gradcheck/layers/kernel_layer.hpp>

namespace gradcheck::checks {

/// Any function of one tensor as a layer of which nothing is known but its values.
struct Lambda {
  static constexpr std::size_t arity = 1;
  std::function<Tensor(const Tensor&)> f;

  Shape shape(const Shape& x) const { return shape_of(f(full<double>(x, 0.5))); }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return cast<Real>(f(cast<double>(x)));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

inline KernelLayer<Lambda> lambda_layer(std::function<Tensor(const Tensor&)> f) {
  return {"lambda", Lambda{std::move(f)}};
}

}  // namespace gradcheck::checks
