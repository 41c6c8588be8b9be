#pragma once

#include <cstdint>
#include <vector>

#include <gradcheck/adapt/user_layer.hpp>

namespace gradcheck {

/// Entries of inputs that are exactly equal are moved together: they stay tied, so a maximum over
/// them is smooth in that direction, though it has a kink in each of them. There the slope of
/// Σ U · y must be the sum of their gradients; it is not where each of them was given the whole
/// gradient, which is between the one-sided slopes of every single entry. At most 16 groups, the
/// largest first; directions that are not smooth are passed over.
std::vector<LayerFinding> probe_ties(UserLayer& layer, const Tensors<double>& x,
                                     std::uint64_t seed);

}  // namespace gradcheck
