#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace gradcheck {

/// Disagreeing entries that are looked at one by one: so many of the worst, and so many random
/// ones.
inline constexpr std::size_t looked_at_each = 16;

/// Those of the entries that disagree; all if there are no more. In no order.
std::vector<std::size_t> sample_to_confirm(std::vector<std::size_t> disagreeing,
                                           const std::function<double(std::size_t)>& severity,
                                           std::uint64_t seed);

}  // namespace gradcheck
