#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/tensor/limits.hpp>
#include <gradcheck/tensor/xtensor.hpp>

namespace gradcheck {

/// Extents of a tensor, outermost axis first; {} is a scalar.
using Shape = std::vector<std::size_t>;

/// A dense, row-major tensor over double or long double. A value, never a lazy expression.
template <class Real>
using TensorOf = xt::xarray<Real, xt::layout_type::row_major>;
using Tensor = TensorOf<double>;
using LongTensor = TensorOf<long double>;

template <class Real>
using Tensors = std::vector<TensorOf<Real>>;

/// Number of entries: the product of the extents. Throws ShapeError beyond `max_entries`.
std::size_t entries_of(const Shape& shape);

/// "(2, 3)", "(4,)", "()": as NumPy prints shapes.
std::string to_string(const Shape& shape);

/// "[1, 0]" for the entry with that flat (row-major) position; "" for a scalar.
std::string index_text(const Shape& shape, std::size_t flat);

/// The index along each axis of the entry at a flat (row-major) position.
std::vector<std::size_t> unravel(const Shape& shape, std::size_t flat);

template <class Real>
Shape shape_of(const TensorOf<Real>& t) {
  return Shape(t.shape().begin(), t.shape().end());
}

/// Whether t has that shape.
template <class Real>
bool has_shape(const TensorOf<Real>& t, const Shape& shape) {
  return std::equal(t.shape().begin(), t.shape().end(), shape.begin(), shape.end());
}

/// A tensor of that shape with unspecified entries.
template <class Real>
TensorOf<Real> empty(const Shape& shape) {
  return TensorOf<Real>::from_shape(
      typename TensorOf<Real>::shape_type(shape.begin(), shape.end()));
}

/// A tensor of t's shape with unspecified entries.
template <class Real>
TensorOf<Real> empty_like(const TensorOf<Real>& t) {
  return TensorOf<Real>::from_shape(t.shape());
}

template <class Real>
TensorOf<Real> full(const Shape& shape, Real value) {
  TensorOf<Real> t = empty<Real>(shape);
  std::fill(t.storage().begin(), t.storage().end(), value);
  return t;
}

template <class Real>
TensorOf<Real> zeros(const Shape& shape) {
  return full<Real>(shape, Real(0));
}

template <class Real>
TensorOf<Real> scalar(Real value) {
  return full<Real>({}, value);
}

/// The same entries under another shape of the same size.
template <class Real>
TensorOf<Real> reshaped(TensorOf<Real> t, const Shape& shape) {
  t.reshape(typename TensorOf<Real>::shape_type(shape.begin(), shape.end()));
  return t;
}

/// A tensor from its shape and its entries in row-major order.
Tensor tensor_of(const Shape& shape, std::span<const double> entries);

/// The entries in row-major order.
template <class Real>
std::span<const Real> entries(const TensorOf<Real>& t) {
  return {t.data(), t.size()};
}
template <class Real>
std::span<Real> entries(TensorOf<Real>& t) {
  return {t.data(), t.size()};
}

/// The same values in another precision.
template <class To, class From>
TensorOf<To> cast(const TensorOf<From>& t) {
  TensorOf<To> out = empty<To>(shape_of(t));
  for (std::size_t i = 0; i < t.size(); ++i) {
    out.data()[i] = static_cast<To>(t.data()[i]);
  }
  return out;
}

/// A list of tensors, moved in (an initializer list would copy them).
template <class Real, class... Rest>
Tensors<Real> pack(TensorOf<Real> first, Rest... rest) {
  Tensors<Real> out;
  out.reserve(1 + sizeof...(rest));
  out.push_back(std::move(first));
  (out.push_back(std::move(rest)), ...);
  return out;
}

/// Appends the tensor that `make()` returns, made where it stays: to move an xarray takes longer
/// than what is done to a small one.
template <class Real, class Make>
void append(Tensors<Real>& tensors, const Make& make) {
  struct InPlace {
    const Make& make;
    operator TensorOf<Real>() const { return make(); }
  };
  tensors.emplace_back(InPlace{make});
}

/// max |t_i|, 0 for an empty tensor; NaN if any entry is NaN (xt::amax would hide it).
double max_abs(const Tensor& t);

/// Whether every entry is finite.
bool all_finite(const Tensor& t);

}  // namespace gradcheck
