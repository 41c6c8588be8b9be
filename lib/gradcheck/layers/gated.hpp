#pragma once

#include <string>

#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Halves of an axis, one of which gates the other: y = f(gate) ⊙ other, where the gate is the
/// second half (`gate_last`) or the first.
/// Gradients: dgate = dy ⊙ other ⊙ f'(gate), dother = dy ⊙ f(gate).
/// Shapes: x (..., 2 n, ...) along the axis, y (..., n, ...).
/// Throws ShapeError if the extent of the axis is odd, ValueError for an axis that x does not have.
/// Sources: Y. Dauphin et al., "Language modeling with gated convolutional networks", 2017 (GLU);
/// N. Shazeer, "GLU variants improve transformer", 2020 (SwiGLU, GEGLU).
template <class F>
struct GatedUnit {
  static constexpr std::size_t arity = 1;
  std::string name;
  long long axis;
  bool gate_last;

  Shape shape(const Shape& x) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for_pairs(x, [&](std::size_t i, std::size_t gate, std::size_t other) {
      y.data()[i] = F::value(x.data()[gate]) * x.data()[other];
    });
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = empty_like(x);
    for_pairs(x, [&](std::size_t i, std::size_t gate, std::size_t other) {
      dx.data()[gate] = dy.data()[i] * x.data()[other] * F::derivative(x.data()[gate]);
      dx.data()[other] = dy.data()[i] * F::value(x.data()[gate]);
    });
    return pack<Real>(std::move(dx));
  }

 private:
  /// f(i, gate, other) for every entry i of y.
  template <class Real, class Function>
  void for_pairs(const TensorOf<Real>& x, Function f) const {
    const Lanes lanes(x, axis_of(name, axis, x.dimension(), "dim"));
    const std::size_t half = lanes.extent / 2 * lanes.inner;
    for (std::size_t o = 0; half > 0 && o < lanes.outer; ++o) {
      for (std::size_t k = 0; k < half; ++k) {
        const std::size_t first = 2 * o * half + k;
        f(o * half + k, gate_last ? first + half : first, gate_last ? first : first + half);
      }
    }
  }
};

/// σ(a)
struct SigmoidGate {
  static constexpr const char* layer = "sigmoid";
  template <class Real>
  static Real value(Real a) {
    return logistic(a);
  }
  template <class Real>
  static Real derivative(Real a) {
    return logistic(a) * logistic(-a);
  }
};

/// a σ(a)
struct SiluGate {
  static constexpr const char* layer = "silu";
  template <class Real>
  static Real value(Real a) {
    return a * logistic(a);
  }
  template <class Real>
  static Real derivative(Real a) {
    return Silu{}.slope(a, Real(0));
  }
};

/// a Φ(a)
struct GeluGate {
  static constexpr const char* layer = "gelu";
  template <class Real>
  static Real value(Real a) {
    return Gelu{}.value(a);
  }
  template <class Real>
  static Real derivative(Real a) {
    return Gelu{}.slope(a, Real(0));
  }
};

/// Rotary position embedding, by halves: feature j and feature j + D/2 of the row at position p
/// turn by the angle θ = p · base^(−2 j / D): y_j = x_j cos θ − x_{j+D/2} sin θ, y_{j+D/2} =
/// x_{j+D/2} cos θ + x_j sin θ. Positions count from `offset` along the axis before the last.
/// Gradient: dy turned back.
/// Shapes: x and y (..., T, D), D even.
/// Throws ShapeError for an odd D or less than two axes.
/// Source: J. Su et al., "RoFormer: enhanced transformer with rotary position embedding", 2021,
/// section 3.2.2, with the pairing by halves of GPT-NeoX.
struct Rope {
  static constexpr std::size_t arity = 1;
  double base;
  long long offset;

  Shape shape(const Shape& x) const;
  std::optional<Composition> composition(std::span<const Shape> in) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return turned(x, Real(1));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>&,
                         const TensorOf<Real>&) const {
    return pack<Real>(turned(dy, Real(-1)));
  }

 private:
  /// (offset + t) base^(−2 j / D)
  template <class Real>
  Real turning_angle(std::size_t t, std::size_t j, std::size_t features) const {
    return (Real(offset) + Real(t)) * std::pow(Real(base), -2 * Real(j) / Real(features));
  }
  template <class Real>
  TensorOf<Real> turned(const TensorOf<Real>& x, Real direction) const {
    const std::size_t features = x.shape().back(), half = features / 2;
    const std::size_t times = x.shape()[x.dimension() - 2];
    TensorOf<Real> y = empty_like(x);
    for (std::size_t row = 0; half > 0 && row < x.size() / features; ++row) {
      for (std::size_t j = 0; j < half; ++j) {
        const Real angle = direction * turning_angle<Real>(row % times, j, features);
        const std::size_t a = row * features + j, b = a + half;
        y.data()[a] = x.data()[a] * std::cos(angle) - x.data()[b] * std::sin(angle);
        y.data()[b] = x.data()[b] * std::cos(angle) + x.data()[a] * std::sin(angle);
      }
    }
    return y;
  }
};

/// rope glu swiglu geglu
void add_gated_layers(LayerLibrary& library);

}  // namespace gradcheck
