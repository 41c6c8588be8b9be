#pragma once

#include <cstdint>
#include <span>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// By how much ln Σ_k e^{z_k} changes where row `rows[l]` of z (N, C) becomes row l of `moved`
/// (lanes, C): a change for each lane, off by a few roundings of the row's largest δ = moved − z.
/// Where every entry of a row moves by ½ at most, it is
///
///   ln(1 + Σ_k p_k (e^{δ_k} − 1)),  p = softmax(z),
///
/// which has lost no digits to what both logarithms have in common; else it is their difference.
void log_sum_exp_changes(const Tensor& z, std::span<const std::uint32_t> rows, const Tensor& moved,
                         std::span<double> changes);

}  // namespace gradcheck
