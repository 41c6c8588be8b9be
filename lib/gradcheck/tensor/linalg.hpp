#pragma once

#include <string_view>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Shape of a @ b by NumPy's matmul rules: 1-D operands are a row on the left and a column on the
/// right (the axis is dropped again), leading axes broadcast. Throws ShapeError naming `where`.
Shape matmul_shape(std::string_view where, const Shape& a, const Shape& b);

/// a @ b by NumPy's matmul rules, c[..., i, k] = sum_j a[..., i, j] b[..., j, k].
template <class Real>
TensorOf<Real> matmul(const TensorOf<Real>& a, const TensorOf<Real>& b);

/// The last two axes swapped; tensors of rank below two come back as they are.
template <class Real>
TensorOf<Real> swap_last_axes(const TensorOf<Real>& t);

/// t with its axes in the given order: out.shape[k] = t.shape[axes[k]].
template <class Real>
TensorOf<Real> permuted(const TensorOf<Real>& t, std::span<const std::size_t> axes);

}  // namespace gradcheck
