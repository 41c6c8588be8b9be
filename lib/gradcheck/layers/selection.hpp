#pragma once

#include <cmath>
#include <string_view>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

/// Functions that choose between entries, and the masks that say which.

/// The larger (or the smaller) of two entries after NumPy broadcasting: y = max(a, b).
/// Gradients: dy flows to the chosen operand, to a where both are equal. NaN in either gives NaN.
/// Kink where a = b.
/// Sites: the entries of y; pieces 0 (a) and 1 (b); a tie where |a − b| ≤ the sum of their widths.
/// Throws ShapeError if a and b do not broadcast.
struct Extremum {
  static constexpr std::size_t arity = 2;
  std::string_view name;
  bool largest;

  Shape shape(const Shape& a, const Shape& b) const { return broadcast_shapes(name, a, b); }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  std::int32_t piece(Real a, Real b) const {
    return (largest ? a >= b : a <= b) || std::isnan(a) ? 0 : 1;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return zip(a, b, [this](Real u, Real v) { return piece(u, v) == 0 ? u : v; });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    const TensorOf<Real> to_a =
        zip(a, b, [this](Real u, Real v) { return Real(piece(u, v) == 0 ? 1 : 0); });
    const TensorOf<Real> da = map2(dy, to_a, [](Real d, Real m) { return m == 1 ? d : Real(0); });
    const TensorOf<Real> db = map2(dy, to_a, [](Real d, Real m) { return m == 1 ? Real(0) : d; });
    return pack<Real>(sum_to(da, shape_of(a)), sum_to(db, shape_of(b)));
  }

  Branches branches(const Tensor& a, const Tensor& b) const;
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& a,
                               const TensorOf<Real>& b) const {
    const Shape common = shape(shape_of(a), shape_of(b));
    const TensorOf<Real> wide_a = broadcast_to(a, common);
    const TensorOf<Real> wide_b = broadcast_to(b, common);
    TensorOf<Real> y = empty<Real>(common);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] = pieces[i] == 0 ? wide_a.data()[i] : wide_b.data()[i];
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;
};

/// y = a where the condition is not 0, else b; all three broadcast together (NumPy).
/// Gradients: dy flows to the chosen operand. The condition is held constant.
/// Throws ShapeError if the three do not broadcast.
struct Where {
  static constexpr std::size_t arity = 3;

  bool differentiable(std::size_t slot) const { return slot != 0; }
  Shape shape(const Shape& condition, const Shape& a, const Shape& b) const {
    return broadcast_shapes("where", condition, broadcast_shapes("where", a, b));
  }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& condition, const TensorOf<Real>& a,
                         const TensorOf<Real>& b) const {
    const Shape common = shape(shape_of(condition), shape_of(a), shape_of(b));
    const TensorOf<Real> mask = broadcast_to(condition, common);
    const TensorOf<Real> wide_a = broadcast_to(a, common);
    TensorOf<Real> y = broadcast_to(b, common);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] = mask.data()[i] != 0 ? wide_a.data()[i] : y.data()[i];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& condition,
                         const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    const TensorOf<Real> mask = broadcast_to(condition, shape_of(dy));
    const TensorOf<Real> da = map2(dy, mask, [](Real d, Real m) { return m != 0 ? d : Real(0); });
    const TensorOf<Real> db = map2(dy, mask, [](Real d, Real m) { return m != 0 ? Real(0) : d; });
    return pack<Real>(zeros<Real>(shape_of(condition)), sum_to(da, shape_of(a)),
                      sum_to(db, shape_of(b)));
  }
};

/// y = min(max(x, low), high), all three broadcast together; y = high where low > high, as in
/// NumPy.
/// Gradients: dy flows to the one of x, low, high that y equals, to x first, then to low.
/// Kinks where x meets a bound, or the bounds meet.
/// Sites: the entries of y; pieces 0 (x), 1 (low), 2 (high).
/// Throws ShapeError if the three do not broadcast.
struct Clip {
  static constexpr std::size_t arity = 3;

  Shape shape(const Shape& x, const Shape& low, const Shape& high) const {
    return broadcast_shapes("clip", x, broadcast_shapes("clip", low, high));
  }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  static std::int32_t piece(Real x, Real low, Real high) {
    const bool above_low = x >= low || std::isnan(x);
    const Real raised = above_low ? x : low;
    return raised <= high || std::isnan(raised) ? (above_low ? 0 : 1) : 2;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& low,
                         const TensorOf<Real>& high) const {
    return along<Real>(x, low, high,
                       [](std::size_t, Real v, Real l, Real h) { return piece(v, l, h); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& low, const TensorOf<Real>& high,
                         const TensorOf<Real>&) const {
    const Shape common = shape_of(dy);
    const Tensors<Real> wide =
        pack<Real>(broadcast_to(x, common), broadcast_to(low, common), broadcast_to(high, common));
    Tensors<Real> to(3, zeros<Real>(common));
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const std::int32_t p = piece(wide[0].data()[i], wide[1].data()[i], wide[2].data()[i]);
      to[static_cast<std::size_t>(p)].data()[i] = dy.data()[i];
    }
    return pack<Real>(sum_to(to[0], shape_of(x)), sum_to(to[1], shape_of(low)),
                      sum_to(to[2], shape_of(high)));
  }

  Branches branches(const Tensor& x, const Tensor& low, const Tensor& high) const;
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x,
                               const TensorOf<Real>& low, const TensorOf<Real>& high) const {
    return along<Real>(x, low, high, [&](std::size_t i, Real, Real, Real) { return pieces[i]; });
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// y[i] is x, low or high as choose(i, x, low, high) says.
  template <class Real, class Choose>
  TensorOf<Real> along(const TensorOf<Real>& x, const TensorOf<Real>& low,
                       const TensorOf<Real>& high, Choose choose) const {
    const Shape common = shape(shape_of(x), shape_of(low), shape_of(high));
    const TensorOf<Real> wide_low = broadcast_to(low, common);
    const TensorOf<Real> wide_high = broadcast_to(high, common);
    TensorOf<Real> y = broadcast_to(x, common);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real l = wide_low.data()[i];
      const Real h = wide_high.data()[i];
      const std::int32_t p = choose(i, y.data()[i], l, h);
      y.data()[i] = p == 0 ? y.data()[i] : p == 1 ? l : h;
    }
    return y;
  }
};

/// A mask: y = 1 where the comparison holds, else 0, after NumPy broadcasting; Holds is
/// std::greater<> or the like.
/// Held constant: no gradient flows to a or b.
/// Throws ShapeError if they do not broadcast.
template <class Holds>
struct CompareMask {
  static constexpr std::size_t arity = 2;
  std::string_view name;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(const Shape& a, const Shape& b) const { return broadcast_shapes(name, a, b); }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return zip(a, b, [](Real u, Real v) { return Real(Holds{}(u, v) ? 1 : 0); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(a)), zeros<Real>(shape_of(b)));
  }
};

/// y = x, held constant: no gradient flows to x.
struct StopGradient {
  static constexpr std::size_t arity = 1;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(const Shape& x) const { return x; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return x;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// maximum minimum where clip greater greater_equal less less_equal equal not_equal stop_gradient
void add_selection_layers(LayerLibrary& library);

}  // namespace gradcheck
