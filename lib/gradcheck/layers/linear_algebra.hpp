#pragma once

#include <vector>

#include <gradcheck/layers/decompositions.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Functions of square matrices; leading axes count them.

/// Throws ShapeError unless x is (..., n, n).
void require_square(std::string_view where, std::string_view what, const Shape& x);

/// Throws ValueError "where: matrix 2 of x is singular, expected ..." (no number if there is one).
[[noreturn]] void throw_matrix(std::string_view where, std::size_t matrix, std::size_t matrices,
                               std::string_view got, std::string_view wanted);

/// Matrix k of x.
template <class Real>
SquareMatrix<Real> matrix_of(const TensorOf<Real>& x, std::size_t k) {
  const std::size_t n = x.shape().back();
  return {n, x.data() + k * n * n};
}

inline std::size_t matrices_in(const Shape& x) { return entries_of(Shape(x.begin(), x.end() - 2)); }

/// The decomposition of matrix k of x. Throws ValueError if it is singular.
template <class Real>
LuDecomposition<Real> decomposed(std::string_view where, const TensorOf<Real>& x, std::size_t k) {
  LuDecomposition<Real> lu(matrix_of(x, k));
  if (lu.singular()) {
    throw_matrix(where, k, matrices_in(shape_of(x)), "a singular matrix", "an invertible one");
  }
  return lu;
}

/// y = x⁻¹.
/// Shapes: x and y (..., n, n).
/// Gradient: dx = −yᵀ dy yᵀ.
/// Throws ShapeError unless x is square, ValueError where it is singular.
struct Inverse {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape& x) const {
    require_square("inverse", "x", x);
    return x;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const;
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const;
};

/// The x of a x = b.
/// Shapes: a (..., n, n), b (..., n, k) or (n) for one matrix a; x as b. Leading axes broadcast.
/// Gradients: db = a⁻ᵀ dx, da = −db xᵀ, summed over the leading axes along which a or b is
/// stretched.
/// Throws ShapeError if they do not fit, ValueError where a is singular.
struct Solve {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& a, const Shape& b) const;
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const;
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dx, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& x) const;
};

/// The lower triangular L with positive diagonal and L Lᵀ = ½ (x + xᵀ), which is x where x is
/// symmetric.
/// Shapes: x and L (..., n, n).
/// Gradient: dx = ½ (S + Sᵀ), S = L⁻ᵀ Φ(Lᵀ dL) L⁻¹, with Φ the lower triangle, its diagonal halved.
/// Throws ShapeError unless x is square, ValueError where it is not positive definite.
/// Source: I. Murray, arXiv:1602.07527, equation (8).
struct Cholesky {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape& x) const {
    require_square("cholesky", "x", x);
    return x;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const;
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& x,
                         const TensorOf<Real>& L) const;
};

/// y = det x, or ln det x.
/// Shapes: x (..., n, n), y (...).
/// Gradient: dx = dy C with the cofactors C = y x⁻ᵀ (right for a singular x too); or dx = dy x⁻ᵀ.
/// Throws ShapeError unless x is square, ValueError where the determinant of which the logarithm is
/// asked for is not positive.
struct Determinant {
  static constexpr std::size_t arity = 1;
  bool logarithm;

  const char* name() const { return logarithm ? "logdet" : "determinant"; }
  Shape shape(const Shape& x) const {
    require_square(name(), "x", x);
    return {x.begin(), x.end() - 2};
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const;
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const;
};

/// inverse solve cholesky determinant logdet
void add_linear_algebra_layers(LayerLibrary& library);

}  // namespace gradcheck
