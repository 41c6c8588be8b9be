#pragma once

#include <vector>

#include <gradcheck/network/graph.hpp>

namespace gradcheck {

/// How one kinked node is held: a convex mixture of branch choices. Ordinarily one part, of weight
/// 1; several where a site on a kink is given a slope between its one-sided ones (ReLU'(0) = 0.5).
struct Mixture {
  struct Part {
    double weight = 1;
    Branches branches;
  };
  std::vector<Part> parts;  ///< empty for a smooth layer
};

/// The mixtures of a graph's nodes, by node.
using Held = std::vector<Mixture>;

/// The layer's outputs along the mixture: Σ weight · forward_along(branches).
template <class Real>
Tensors<Real> forward_held(const Forward& layer, const Mixture& mixture, Inputs<Real> x);

/// Every kinked node held on the branches that it takes at these values.
Held held_at(const Graph& graph, const Values<double>& values);

}  // namespace gradcheck
