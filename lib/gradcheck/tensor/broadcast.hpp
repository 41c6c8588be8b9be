#pragma once

#include <algorithm>
#include <string_view>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The common shape of a and b by NumPy's rule: axes are aligned at the right, an axis of extent 1
/// stretches. Throws ShapeError naming `where` if they do not fit.
Shape broadcast_shapes(std::string_view where, const Shape& a, const Shape& b);

/// For each entry of `shape`, in row-major order, the flat position of the entry of a tensor of
/// shape `from` that broadcasts onto it.
std::vector<std::size_t> broadcast_positions(const Shape& from, const Shape& shape);

/// Whether broadcasting a tensor of shape `from` to `shape` repeats all of its several entries, as
/// a block: a bias under the rows of a batch.
template <class From, class To>
bool is_block(const From& from, const To& shape) {
  std::size_t stretched = 0;
  for (; stretched < from.size() && from[stretched] == 1; ++stretched) {
  }
  return stretched < from.size() && from.size() <= shape.size() &&
         std::equal(from.begin() + static_cast<std::ptrdiff_t>(stretched), from.end(),
                    shape.end() - static_cast<std::ptrdiff_t>(from.size() - stretched));
}
template <class Real>
bool is_block_of(const TensorOf<Real>& block, const TensorOf<Real>& whole) {
  return is_block(block.shape(), whole.shape());
}

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
  TensorOf<Real> y = empty_like(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.data()[i] = f(x.data()[i]);
  }
  return y;
}

/// c[i] = f(a[i], b[i]) for tensors of one shape.
template <class Real, class Function>
TensorOf<Real> map2(const TensorOf<Real>& a, const TensorOf<Real>& b, Function f) {
  TensorOf<Real> c = empty_like(a);
  for (std::size_t i = 0; i < a.size(); ++i) {
    c.data()[i] = f(a.data()[i], b.data()[i]);
  }
  return c;
}

/// c[i] = f(whole[i], block[i % size of block]).
template <class Real, class Function>
TensorOf<Real> zip_blocks(const TensorOf<Real>& whole, const TensorOf<Real>& block, Function f) {
  TensorOf<Real> c = empty_like(whole);
  const std::size_t size = block.size();
  for (std::size_t start = 0; start < whole.size(); start += size) {
    for (std::size_t i = 0; i < size; ++i) {
      c.data()[start + i] = f(whole.data()[start + i], block.data()[i]);
    }
  }
  return c;
}

/// y[i] += block[i % size of block]
template <class Real>
void add_block(TensorOf<Real>& y, const TensorOf<Real>& block) {
  const std::size_t size = block.size();
  for (std::size_t start = 0; start < y.size(); start += size) {
    for (std::size_t i = 0; i < size; ++i) {
      y.data()[start + i] += block.data()[i];
    }
  }
}

/// c[i] = f(a[i], b[i]) after broadcasting both to their common shape, which must exist.
template <class Real, class Function>
TensorOf<Real> zip(const TensorOf<Real>& a, const TensorOf<Real>& b, Function f) {
  if (a.shape() == b.shape()) {
    return map2(a, b, f);
  }
  if (is_block_of(b, a)) {
    return zip_blocks(a, b, f);
  }
  if (is_block_of(a, b)) {
    return zip_blocks(b, a, [&f](Real y, Real x) { return f(x, y); });
  }
  const Shape shape = broadcast_shapes("zip", shape_of(a), shape_of(b));
  return map2<Real>(broadcast_to(a, shape), broadcast_to(b, shape), f);
}

}  // namespace gradcheck
