#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace gradcheck {

/// Of the entries that disagree, those that are looked at one by one: the 16 worst and 16 random
/// ones, or all if there are no more. In no order.
std::vector<std::size_t> sample_to_confirm(std::vector<std::size_t> disagreeing,
                                           const std::function<double(std::size_t)>& severity,
                                           std::uint64_t seed);

}  // namespace gradcheck
