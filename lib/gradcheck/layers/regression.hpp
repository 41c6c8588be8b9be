#pragma once

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>

namespace gradcheck {

/// Losses between numbers. y and t must have exactly one shape: broadcasting (N, 1) against (N,)
/// would compare every prediction with every target without a word.

/// y − t must make sense entry by entry.
/// Throws ShapeError unless both have one shape, with entries.
Shape loss_shape(std::string_view where, const Shape& y, const Shape& t);

/// L = ½ Σ (y − t)², over all entries; divided by the number of rows with reduction="mean".
/// Shapes: y and t of one shape, L ().
/// Rows: all axes but the last; a vector is one row.
/// Gradients, with n the divisor: dy = dL (y − t) / n, dt = −dy.
/// Throws ShapeError if the shapes of y and t differ.
struct HalfSquaredError {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  Shape shape(const Shape& y, const Shape& t) const {
    return loss_shape("half_squared_error", y, t);
  }
  Structure structure(std::span<const Shape> x) const {
    return {.kind = Structure::Kind::terms, .divisor = divisor<double>(reduction, rows_of(x[0]))};
  }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return map2(y, t, [](Real u, Real v) { return (u - v) * (u - v) / 2; });
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return folded(terms(y, t), divisor<Real>(reduction, rows_of(shape_of(y))));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& y, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const Real weight = dL.data()[0] / divisor<Real>(reduction, rows_of(shape_of(y)));
    return pack<Real>(map2(y, t, [weight](Real u, Real v) { return weight * (u - v); }),
                      map2(y, t, [weight](Real u, Real v) { return weight * (v - u); }));
  }
};

/// L = (1/n) Σ (y − t)² over the n entries; the sum alone with reduction="sum".
/// Shapes: y and t of one shape, L ().
/// Gradients: dy = dL · 2 (y − t) / n, dt = −dy.
/// Throws ShapeError if the shapes of y and t differ.
struct MeanSquaredError {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  Shape shape(const Shape& y, const Shape& t) const {
    return loss_shape("mean_squared_error", y, t);
  }
  Structure structure(std::span<const Shape> x) const {
    return {.kind = Structure::Kind::terms,
            .divisor = divisor<double>(reduction, entries_of(x[0]))};
  }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return map2(y, t, [](Real u, Real v) { return (u - v) * (u - v); });
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return folded(terms(y, t), divisor<Real>(reduction, y.size()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& y, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const Real weight = 2 * dL.data()[0] / divisor<Real>(reduction, y.size());
    return pack<Real>(map2(y, t, [weight](Real u, Real v) { return weight * (u - v); }),
                      map2(y, t, [weight](Real u, Real v) { return weight * (v - u); }));
  }
};

/// L = (1/n) Σ |y − t| over the n entries; the sum alone with reduction="sum".
/// Shapes: y and t of one shape, L ().
/// Gradients: dy = dL sign(y − t) / n with sign(0) = 0, dt = −dy.
/// Kinks where y = t. Sites: the entries, with the pieces of |y − t|; a tie where |y − t| ≤ the sum
/// of both widths.
/// Throws ShapeError if the shapes of y and t differ.
struct MeanAbsoluteError {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  Shape shape(const Shape& y, const Shape& t) const {
    return loss_shape("mean_absolute_error", y, t);
  }
  Structure structure(std::span<const Shape> x) const {
    return {.kind = Structure::Kind::terms,
            .divisor = divisor<double>(reduction, entries_of(x[0]))};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return forward_along(branches_of(y, t), y, t);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& y, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const Real weight = dL.data()[0] / divisor<Real>(reduction, y.size());
    const TensorOf<Real> sign =
        map2(y, t, [](Real u, Real v) { return Abs{}.slope(Abs{}.piece(u - v), u - v); });
    return pack<Real>(map(sign, [weight](Real s) { return weight * s; }),
                      map(sign, [weight](Real s) { return -weight * s; }));
  }

  Branches branches(const Tensor& y, const Tensor& t) const;
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& y,
                               const TensorOf<Real>& t) const {
    return folded(terms_along(pieces, y, t), divisor<Real>(reduction, y.size()));
  }
  template <class Real>
  TensorOf<Real> terms_along(const Branches& pieces, const TensorOf<Real>& y,
                             const TensorOf<Real>& t) const {
    TensorOf<Real> terms = empty_like(y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      terms.data()[i] = Abs{}.value(pieces[i], y.data()[i] - t.data()[i]);
    }
    return terms;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  template <class Real>
  static Branches branches_of(const TensorOf<Real>& y, const TensorOf<Real>& t) {
    Branches pieces(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      pieces[i] = Abs{}.piece(y.data()[i] - t.data()[i]);
    }
    return pieces;
  }
};

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
