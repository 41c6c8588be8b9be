#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gradcheck/diagnose/observation.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/derivative/differentiator.hpp>

namespace gradcheck {

/// One layer at one point, taken out of its network, with the right upstream.
struct Place {
  LayerPtr layer;
  std::vector<std::string> names;  ///< of its inputs, for messages
  Tensors<double> x;
  Tensors<double> y;
  Tensors<double> dy;
  std::size_t slot = 0;  ///< the input whose gradient is looked at
  std::uint64_t seed = 0;
};

/// Σ dy · layer(x) as a network of its own.
struct LocalNetwork {
  Network network;
  std::vector<ValueId> inputs;  ///< the layer's, by position; a value that it reads twice is there
                                ///< twice
};

/// Throws ShapeError where the tensors do not fit the layer.
LocalNetwork local_network(const Place& place);

/// The numeric gradient of Σ dy · layer(x) with respect to x[slot], entry by entry and as asked
/// for.
class LocalGradient {
 public:
  /// Throws LocatedError if the layer cannot be evaluated there.
  explicit LocalGradient(const Place& place);

  Foretold at(std::size_t entry);

  /// Whether the layer is on a kink there: then this is the gradient along the pieces that forward
  /// takes, one of several right ones.
  bool on_kink() const { return !point_.ties.empty(); }

 private:
  LocalNetwork local_;
  EvaluationPoint point_;
  Differentiator differentiator_;
};

}  // namespace gradcheck
