#pragma once

#include <vector>

#include <gradcheck/layers/structure.hpp>
#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/tensor/matrix_view.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Derivatives of a target with respect to every entry of one value, with what is known about their
/// errors. All are of the value's shape, and linear maps may be applied to them.
template <class Real>
struct NumericGradient {
  TensorOf<Real> value;    ///< extrapolated
  TensorOf<Real> coarser;  ///< the same, each extrapolation one order less
  Tensor variance;  ///< of the rounding in `value`: the squares of rounding errors, which add up

  /// What is known about one entry.
  Estimate estimate(std::size_t entry) const;
  /// Along a direction, of the value's shape.
  Estimate along(const Tensor& direction) const;
};

/// That of a value of that shape that the target does not depend on.
template <class Real>
NumericGradient<Real> zero_gradient(const Shape& shape);

template <class Real>
void add(NumericGradient<Real>& sum, const NumericGradient<Real>& term);

/// An operand of a product, and how far rounding may have moved it.
template <class Real>
struct Operand {
  const TensorOf<Real>& value;
  const Tensor& rounding_error;
};

/// d/da or d/db of z = a b, a seen as rows, b a matrix or a column: G bᵀ or aᵀ G, with G the
/// derivatives of z. Some rows of it are found at a time.
template <class Real>
class ProductGradient {
 public:
  enum class Of { left, right };

  /// `other`: the other operand; `shape`: of this one. All must outlive it.
  ProductGradient(const NumericGradient<Real>& z, const Operand<Real>& other, const Shape& shape,
                  Of of);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

  /// Of the shape (count, columns).
  NumericGradient<Real> block(std::size_t first, std::size_t count) const;

  Estimate estimate(std::size_t entry) const;

 private:
  using View = MatrixView<Real>;
  template <class T>
  MatrixView<T> left(const T* of_z, const T* of_other) const;
  template <class T>
  MatrixView<T> right(const T* of_z, const T* of_other) const;
  void add_variance(const Tensor& of_z, bool of_other_errors, std::size_t first,
                    Tensor& variance) const;

  const NumericGradient<Real>& z_;
  Operand<Real> other_;
  Of of_;
  std::size_t rows_, columns_;  ///< of the gradient
  std::size_t inner_;           ///< terms of each entry
  Tensor rounding_;             ///< variances of the terms, less the square of the other factor
  bool uncertain_;              ///< whether the other operand is off by more than rounds anyway
  Tensor squares_;              ///< of z, where it is
};

/// d/dc of an output that moves by `derivative` times c, broadcast.
template <class Real>
NumericGradient<Real> through_broadcast(const NumericGradient<Real>& z, double derivative,
                                        const Shape& shape);

/// d/dx of a sum over some axes of x, times `derivative`; `kept` is the sum's shape with these
/// axes.
template <class Real>
NumericGradient<Real> through_sum(const NumericGradient<Real>& z, double derivative,
                                  const Shape& kept, const Shape& shape);

}  // namespace gradcheck
