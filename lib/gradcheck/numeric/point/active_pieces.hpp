#pragma once

#include <vector>

#include <gradcheck/network/graph.hpp>

namespace gradcheck {

/// How one kinked node is held: a convex combination of branch choices. Ordinarily one part,
/// of weight 1; several where a site on a kink is given a derivative between its one-sided ones
/// (ReLU'(0) = 0.5).
struct ConvexCombination {
  struct Part {
    double weight = 1;
    Branches branches;
  };
  std::vector<Part> parts;  ///< empty for a smooth layer
};

/// The convex combinations of a graph's nodes, by node.
using ActivePieces = std::vector<ConvexCombination>;

/// The layer's outputs along the convex combination: Σ weight · forward_along(branches).
template <class Real>
Tensors<Real> forward_on(const Forward& layer, const ConvexCombination& combination,
                         Inputs<Real> x);

/// Every kinked node held on the branches that it takes at these values.
ActivePieces active_pieces_at(const Graph& graph, const Values<double>& values);

}  // namespace gradcheck
