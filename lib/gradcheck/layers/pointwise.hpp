#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

/// A smooth function of each entry: y = f(x), dx = dy ⊙ f'(x).
/// F has `value(x)` and `slope(x, y)`; slope is given y = f(x) since it is often the shortest way
/// to f'. In place of `value` it may have `values(x, y)`, for many entries at once, whose results
/// must not depend on where an entry stands among them.
/// Shapes: x and y of any one shape.
template <class F>
struct Unary {
  static constexpr std::size_t arity = 1;
  F f{};

  Shape shape(const Shape& x) const { return x; }
  Structure structure(std::span<const Shape>) const {
    return {.kind = Structure::Kind::elementwise};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    if constexpr (requires { f.values(std::span<const Real>(), std::span<Real>()); }) {
      return all_at_once(x);
    } else {
      return map(x, [this](Real v) { return f.value(v); });
    }
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      dx.data()[i] = dy.data()[i] * f.slope(x.data()[i], y.data()[i]);
    }
    return pack<Real>(std::move(dx));
  }

 private:
  template <class Real>
  TensorOf<Real> all_at_once(const TensorOf<Real>& x) const {
    TensorOf<Real> y = empty_like(x);
    f.values(entries(x), entries(y));
    return y;
  }
};

/// The entries of input 0 that are within their widths of a corner, where the pieces below and
/// above it meet.
std::vector<Tie> ties_at(std::span<const double> corners, const Tensor& x, const Tensor& widths);

/// A function of each entry with kinks: y = f_p(x), with the piece p = 0 below the first corner,
/// p = 1 above it, and so on. There is one corner, at 0, unless F has `corners()`, in their order.
/// Shapes: x and y of any one shape.
/// Sites: the entries of x; a tie where x is within its width of a corner.
/// F has `piece(x)`, `value(p, x)` and `slope(p, x)`, each piece being smooth beyond its corners;
/// NaN must come through. Where its settings decide, F has `kinked()`, false if all pieces are one
/// smooth function, or `ties_at_corners()`, false if only a higher derivative jumps there, or the
/// value itself: then the pieces are held, but nothing is a tie.
template <class F>
struct KinkedUnary {
  static constexpr std::size_t arity = 1;
  F f{};

  Shape shape(const Shape& x) const { return x; }
  /// An F that gives x or 0 says so (`selects`).
  Structure structure(std::span<const Shape>) const {
    constexpr bool selects = requires { requires F::selects; };
    return {.kind = selects ? Structure::Kind::selection : Structure::Kind::elementwise};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return map(x, [this](Real v) { return f.value(f.piece(v), v); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(map2(dy, x, [this](Real d, Real v) { return d * f.slope(f.piece(v), v); }));
  }

  bool kinked() const {
    if constexpr (requires { f.kinked(); }) {
      return f.kinked();
    } else {
      return true;
    }
  }
  bool has_ties() const {
    if constexpr (requires { f.ties_at_corners(); }) {
      return f.ties_at_corners();
    } else {
      return kinked();
    }
  }
  Branches branches(const Tensor& x) const {
    Branches pieces(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      pieces[i] = f.piece(x.data()[i]);
    }
    return pieces;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    TensorOf<Real> y = empty_like(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.data()[i] = f.value(pieces[i], x.data()[i]);
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const {
    return has_ties() ? ties_at(corners_of_f(), *x[0], *widths[0]) : std::vector<Tie>{};
  }

 private:
  auto corners_of_f() const {
    if constexpr (requires { f.corners(); }) {
      return f.corners();
    } else {
      return std::array<double, 1>{0};
    }
  }
};

/// An operand as broadcasting makes it: itself, or a copy where it is stretched. The operand
/// must outlive it.
template <class Real>
class Stretched {
 public:
  Stretched(const TensorOf<Real>& t, const TensorOf<Real>& onto) : t_(t) {
    if (t.shape() != onto.shape()) {
      wide_ = broadcast_to(t, shape_of(onto));
    }
  }
  const Real* data() const { return wide_ ? wide_->data() : t_.data(); }
  /// A gradient of the stretched operand, summed up for the operand itself.
  TensorOf<Real> summed(TensorOf<Real> gradient) const {
    return wide_ ? sum_to(gradient, shape_of(t_)) : std::move(gradient);
  }

 private:
  const TensorOf<Real>& t_;
  std::optional<TensorOf<Real>> wide_;
};

/// A smooth function of two entries after NumPy broadcasting: y = f(a, b), da = dy ⊙ ∂f/∂a and db =
/// dy ⊙ ∂f/∂b, each summed over the axes along which its operand was stretched.
/// F has `name`, `value(a, b)`, `slope_a(a, b, y)` and `slope_b(a, b, y)`; where they are constant
/// it says so in `slopes`. Shapes: y is the common shape of a and b. Throws ShapeError if they do
/// not broadcast.
template <class F>
struct Binary {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& a, const Shape& b) const { return broadcast_shapes(F::name, a, b); }
  Structure structure(std::span<const Shape>) const {
    Structure structure{.kind = Structure::Kind::elementwise};
    if constexpr (requires { F::slopes; }) {
      structure.slopes.assign(F::slopes.begin(), F::slopes.end());
    }
    return structure;
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return zip(a, b, [](Real u, Real v) { return F::value(u, v); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& y) const {
    const Stretched<Real> wide_a(a, y), wide_b(b, y);
    TensorOf<Real> da = empty_like(y);
    TensorOf<Real> db = empty_like(y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real u = wide_a.data()[i];
      const Real v = wide_b.data()[i];
      da.data()[i] = dy.data()[i] * F::slope_a(u, v, y.data()[i]);
      db.data()[i] = dy.data()[i] * F::slope_b(u, v, y.data()[i]);
    }
    return pack<Real>(wide_a.summed(std::move(da)), wide_b.summed(std::move(db)));
  }
};

}  // namespace gradcheck
