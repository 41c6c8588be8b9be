#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The number that an expression without names stands for, if it is one: 2, -1, 1/2, pi.
std::optional<double> constant_number(const Expression& e);

/// What a keyword of a function is set to. Throws LocatedError where that is no constant.
Setting constant_setting(const std::string& keyword, const Expression& value);

/// The value of an expression without names (but for `pi`), as in `2/3 * [[38, -11, 20]]`; its
/// first character stands at `origin`. Throws LocatedError.
Tensor evaluate_constant(std::string_view text, Position origin);

}  // namespace gradcheck
