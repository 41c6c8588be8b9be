#pragma once

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>
#include <gradcheck/layers/pointwise_losses.hpp>

namespace gradcheck {

/// Losses between numbers. y and t must have exactly one shape: broadcasting (N, 1) against (N,)
/// would compare every prediction with every target without a word.

/// f = d² with d = y − t, or ½ d², of which the mean is over rows (all axes but the last; a vector
/// is one row); ∂f/∂y = 2 d or d, ∂f/∂t = −∂f/∂y.
template <bool halved>
struct SquaredTerm : SmoothTerm {
  static constexpr std::string_view name = halved ? "half_squared_error" : "mean_squared_error";
  static constexpr bool mean_over_rows = halved;

  template <class Real>
  Real term(std::int32_t, Real y, Real t) const {
    return halved ? (y - t) * (y - t) / 2 : (y - t) * (y - t);
  }
  template <class Real>
  Real slope_y(std::int32_t, Real y, Real t) const {
    return halved ? y - t : 2 * (y - t);
  }
  template <class Real>
  Real slope_t(std::int32_t piece, Real y, Real t) const {
    return -slope_y(piece, y, t);
  }
};
using HalfSquaredError = PointwiseLoss<SquaredTerm<true>>;
using MeanSquaredError = PointwiseLoss<SquaredTerm<false>>;

/// f = |y − t|; ∂f/∂y = sign(y − t), 0 at the kink, ∂f/∂t = −∂f/∂y. A tie where |y − t| ≤ the sum
/// of both widths.
struct AbsoluteTerm {
  static constexpr std::string_view name = "mean_absolute_error";
  static constexpr bool holds_target = false;

  bool kinked() const { return true; }
  template <class Real>
  std::int32_t piece(Real y, Real t) const {
    return Abs{}.piece(y - t);
  }
  template <class Real>
  Real term(std::int32_t piece, Real y, Real t) const {
    return Abs{}.value(piece, y - t);
  }
  template <class Real>
  Real slope_y(std::int32_t piece, Real y, Real t) const {
    return Abs{}.slope(piece, y - t);
  }
  template <class Real>
  Real slope_t(std::int32_t piece, Real y, Real t) const {
    return -slope_y(piece, y, t);
  }
  double distance(double y, double t) const { return std::abs(y - t); }
  double tie_width(double, double, double width_y, double width_t) const {
    return width_y + width_t;
  }
};
using MeanAbsoluteError = PointwiseLoss<AbsoluteTerm>;

/// L = Σ |x|.
/// Gradient: dx = dL sign(x), sign(0) = 0.
/// Kink where an entry is 0, as for abs.
/// Shapes: x any, L ().
struct L1 {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape&) const { return {}; }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::terms}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return folded(map(x, [](Real v) { return std::abs(v); }), Real(1));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Real weight = dL.data()[0];
    return pack<Real>(map(x, [weight](Real v) { return weight * Abs{}.slope(Abs{}.piece(v), v); }));
  }

  Branches branches(const Tensor& x) const { return KinkedUnary<Abs>{}.branches(x); }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    return folded(terms_along(pieces, x), Real(1));
  }
  template <class Real>
  TensorOf<Real> terms_along(const Branches& pieces, const TensorOf<Real>& x) const {
    return KinkedUnary<Abs>{}.forward_along(pieces, x);
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const {
    return KinkedUnary<Abs>{}.ties(x, widths);
  }
};

/// L = Σ x². Gradient: dx = dL · 2x. Shapes: x any, L ().
struct L2 {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape&) const { return {}; }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::terms}; }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& x) const {
    return map(x, [](Real v) { return v * v; });
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return folded(terms(x), Real(1));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const Real weight = 2 * dL.data()[0];
    return pack<Real>(map(x, [weight](Real v) { return weight * v; }));
  }
};

/// half_squared_error mean_squared_error mean_absolute_error l1 l2
void add_regression_losses(LayerLibrary& library);

}  // namespace gradcheck
