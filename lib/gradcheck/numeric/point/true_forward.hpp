#pragma once

#include <cstdint>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// Tests what everything else takes for granted: each layer gives the same values when it is asked
/// again, and, held on the branches that it takes, what its forward gives, to the bit, at the point
/// and at a sample of points about it. Throws LocatedError, at the node, where that is not so.
void require_true_forward(const Graph& graph, const Values<double>& values,
                          const ActivePieces& active, std::uint64_t seed);

}  // namespace gradcheck
