#pragma once

#include <cstdint>
#include <optional>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

/// Inverted dropout: y = x ⊙ m / (1 − p), with a mask m of zeros and ones that is given, or drawn
/// from a seed: 0 with probability p. y = x where it is not training.
/// Shapes: x of any shape, m as x, y as x.
/// Gradient: dx = dy ⊙ m / (1 − p). m is held constant.
/// Throws ShapeError if the shapes of x and m differ.
/// Source: N. Srivastava et al., JMLR 15 (2014) 1929-1958, section 10.
struct Dropout {
  static constexpr std::size_t arity = variadic;
  double p;
  bool training;
  std::uint64_t seed;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(std::span<const Shape> x) const;
  Structure structure(std::span<const Shape>) const {
    return {.kind = Structure::Kind::elementwise};
  }

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return map2(*x[0], factors(x), [](Real v, Real m) { return m == 0 ? Real(0) : v * m; });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> x, const TensorOf<Real>&) const {
    const TensorOf<Real> m = factors(x);
    Tensors<Real> dx =
        pack<Real>(map2(dy, m, [](Real d, Real f) { return f == 0 ? Real(0) : d * f; }));
    if (x.size() > 1) {
      dx.push_back(zeros<Real>(shape_of(*x[1])));
    }
    return dx;
  }

 private:
  /// m / (1 − p), or 1 everywhere.
  template <class Real>
  TensorOf<Real> factors(Inputs<Real> x) const {
    if (!training) {
      return full<Real>(shape_of(*x[0]), Real(1));
    }
    const TensorOf<Real> mask =
        x.size() > 1 ? *x[1] : gradcheck::cast<Real>(drawn(shape_of(*x[0])));
    return map(mask, [this](Real m) { return m / (1 - Real(p)); });
  }
  Tensor drawn(const Shape& shape) const;
};

/// dropout
void add_dropout_layer(LayerLibrary& library);

}  // namespace gradcheck
