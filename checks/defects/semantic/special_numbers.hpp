#pragma once

#include <defects/semantic/chance.hpp>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck::defects::semantic {

/// A tensor of ordinary numbers, or of such as checkers stumble over: zeros of either sign, ties,
/// residues, mixed scales, arguments that saturate, subnormal numbers, ±1e300.
Tensor special_numbers(const Shape& shape, Chance& chance);

/// 0, 1, 2: labels, indices, masks.
Tensor small_integers(const Shape& shape, Chance& chance);

}  // namespace gradcheck::defects::semantic
