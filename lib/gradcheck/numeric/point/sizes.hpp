#pragma once

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// max |t_i|, 0 for an empty tensor.
long double largest(const LongTensor& t);

/// Mean of |t_i| over the nonzero entries; 0 if there are none.
long double typical(const LongTensor& t);

/// Mean of |t_i| over all entries; 1 if all of them are zero.
double mean_size(const Tensor& t);

}  // namespace gradcheck
