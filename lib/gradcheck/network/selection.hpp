#pragma once

#include <vector>

#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// Subscripts as the layer `slice` has them.
std::vector<AxisSlice> slices_of(const std::vector<Subscript>& subscripts);

}  // namespace gradcheck
