#pragma once

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// max |t_i|, 0 for an empty tensor.
long double largest(const LongTensor& t);

/// The scale of a tensor: mean of |t_i| over the entries that are neither 0 nor infinite nor NaN,
/// so that it does not depend on how many zeros there are; 0 if there are none.
template <class Real>
Real typical_size(const TensorOf<Real>& t);

/// The same where something must be moved: 1 for a tensor without a size of its own.
template <class Real>
Real scale_of(const TensorOf<Real>& t);

}  // namespace gradcheck
