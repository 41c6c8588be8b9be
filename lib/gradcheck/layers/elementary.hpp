#pragma once

#include <cmath>
#include <numbers>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/elementary.hpp>

namespace gradcheck {

/// Further functions of each entry: y = f(x), dx = dy ⊙ f'(x).

/// y = ln(1 + x), f' = 1 / (1 + x). NaN where x < −1.
struct Log1p {
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    log1p_each(x, y);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 1 / (1 + x);
  }
};

/// y = eˣ − 1, f' = eˣ.
struct Expm1 {
  template <class Real>
  Real value(Real x) const {
    return std::expm1(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return std::exp(x);
  }
};

/// y = log₁₀ x, f' = 1 / (x ln 10). NaN where x < 0.
struct Log10 {
  template <class Real>
  Real value(Real x) const {
    return std::log10(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 1 / (x * std::numbers::ln10_v<Real>);
  }
};

/// y = erf x = 2/√π ∫₀ˣ e^{−t²} dt, f' = 2/√π e^{−x²}.
struct Erf {
  template <class Real>
  Real value(Real x) const {
    return std::erf(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 2 * std::numbers::inv_sqrtpi_v<Real> * std::exp(-x * x);
  }
};

/// y = tan x, f' = 1 + y².
struct Tan {
  template <class Real>
  Real value(Real x) const {
    return std::tan(x);
  }
  template <class Real>
  Real slope(Real, Real y) const {
    return 1 + y * y;
  }
};

/// y = arcsin x, f' = 1 / √(1 − x²), the root taken of (1 − x)(1 + x), which keeps its digits near
/// ±1. NaN outside of [−1, 1].
struct Asin {
  template <class Real>
  Real value(Real x) const {
    return std::asin(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 1 / std::sqrt((1 - x) * (1 + x));
  }
};

/// y = arccos x, f' = −1 / √(1 − x²). NaN outside of [−1, 1].
struct Acos {
  template <class Real>
  Real value(Real x) const {
    return std::acos(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return -1 / std::sqrt((1 - x) * (1 + x));
  }
};

/// y = arctan x, f' = 1 / (1 + x²).
struct Atan {
  template <class Real>
  Real value(Real x) const {
    return std::atan(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 1 / (1 + x * x);
  }
};

/// y = sinh x, f' = cosh x.
struct Sinh {
  template <class Real>
  Real value(Real x) const {
    return std::sinh(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return std::cosh(x);
  }
};

/// y = cosh x, f' = sinh x.
struct Cosh {
  template <class Real>
  Real value(Real x) const {
    return std::cosh(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return std::sinh(x);
  }
};

/// The largest integer that is not above x.
struct Floor {
  template <class Real>
  Real value(Real x) const {
    return std::floor(x);
  }
};

/// −1, 0 or 1; NaN of NaN.
struct Sign {
  template <class Real>
  Real value(Real x) const {
    return x > 0 ? Real(1) : x < 0 ? Real(-1) : x;
  }
};

/// A step function of each entry, y = f(x), held constant: no gradient flows to x.
/// Shapes: x and y of any one shape.
template <class F>
struct StepFunction {
  static constexpr std::size_t arity = 1;
  F f{};

  bool differentiable(std::size_t) const { return false; }
  Shape shape(const Shape& x) const { return x; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return map(x, [this](Real v) { return f.value(v); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// log1p expm1 log10 erf tan asin acos atan sinh cosh floor sign
void add_elementary_layers(LayerLibrary& library);

}  // namespace gradcheck
