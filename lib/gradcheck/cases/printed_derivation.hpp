#pragma once

#include <optional>
#include <vector>

#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

/// How far the numbers written in a derivation may move the value of each line, if each of them is
/// known to half a unit of its last digit: Σ |value with one number moved by that − value|, carried
/// through all lines. Integers are exact. None for a line without a value. `names` are those of the
/// network.
std::vector<std::optional<Tensor>> printed_roundings(const std::vector<DerivationLine>& lines,
                                                     const Environment& names);

}  // namespace gradcheck
