#pragma once

#include <string_view>

#include <gradcheck/network/syntax.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The value of an expression without names (but for `pi`), as in `2/3 * [[38, -11, 20]]`; its first character stands at
/// `origin`. Throws LocatedError.
Tensor evaluate_constant(std::string_view text, Position origin);

}  // namespace gradcheck
