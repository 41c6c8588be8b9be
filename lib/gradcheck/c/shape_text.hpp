#pragma once

#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Reads shapes as NumPy prints them, with commas between: "(5, 3), (3,), ()"; blanks do not
/// matter. Throws ValueError where the text is anything else, ShapeError where a tensor would be
/// too large.
std::vector<Shape> read_shapes(std::string_view text);

}  // namespace gradcheck
