#pragma once

#include <vector>

#include <gradcheck/layers/structure.hpp>
#include <gradcheck/numeric/derivative/extrapolate.hpp>
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

/// d/da of z = a b from the derivatives G of z, b a matrix or a column: G bᵀ.
template <class Real>
NumericGradient<Real> through_left_operand(const NumericGradient<Real>& z, const Operand<Real>& b,
                                           const Shape& shape);

/// d/db of z = a b: aᵀ G.
template <class Real>
NumericGradient<Real> through_right_operand(const NumericGradient<Real>& z, const Operand<Real>& a,
                                            const Shape& shape);

/// Some entries of the same.
template <class Real>
std::vector<Estimate> through_right_operand(const NumericGradient<Real>& z, const Operand<Real>& a,
                                            const Shape& shape,
                                            const std::vector<std::size_t>& entries);

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
