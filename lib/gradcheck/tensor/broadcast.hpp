#pragma once

#include <string_view>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The common shape of a and b by NumPy's rule: axes are aligned at the right, an axis of extent 1
/// stretches. Throws ShapeError naming `where` if they do not fit.
Shape broadcast_shapes(std::string_view where, const Shape& a, const Shape& b);

/// For each entry of `shape`, in row-major order, the flat position of the entry of a tensor of
/// shape `from` that broadcasts onto it.
std::vector<std::size_t> broadcast_positions(const Shape& from, const Shape& shape);

/// t repeated along the axes that NumPy broadcasting stretches to reach `shape`.
template <class Real>
TensorOf<Real> broadcast_to(const TensorOf<Real>& t, const Shape& shape);

/// The adjoint of broadcast_to: sums t over the axes along which `shape` was stretched to t's
/// shape.
template <class Real>
TensorOf<Real> sum_to(const TensorOf<Real>& t, const Shape& shape);

/// y[i] = f(x[i]).
template <class Real, class Function>
TensorOf<Real> map(const TensorOf<Real>& x, Function f) {
  TensorOf<Real> y = empty<Real>(shape_of(x));
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.data()[i] = f(x.data()[i]);
  }
  return y;
}

/// c[i] = f(a[i], b[i]) for tensors of one shape.
template <class Real, class Function>
TensorOf<Real> map2(const TensorOf<Real>& a, const TensorOf<Real>& b, Function f) {
  TensorOf<Real> c = empty<Real>(shape_of(a));
  for (std::size_t i = 0; i < a.size(); ++i) {
    c.data()[i] = f(a.data()[i], b.data()[i]);
  }
  return c;
}

/// c[i] = f(a[i], b[i]) after broadcasting both to their common shape, which must exist.
template <class Real, class Function>
TensorOf<Real> zip(const TensorOf<Real>& a, const TensorOf<Real>& b, Function f) {
  if (a.shape() == b.shape()) {
    return map2(a, b, f);
  }
  const Shape shape = broadcast_shapes("zip", shape_of(a), shape_of(b));
  return map2<Real>(broadcast_to(a, shape), broadcast_to(b, shape), f);
}

}  // namespace gradcheck
