#pragma once

#include <memory>

#include <gradcheck/numeric/point/noise.hpp>

namespace gradcheck {

/// A site of a node that sits on a kink.
struct NodeTie {
  std::size_t node;
  Tie tie;
};

/// The point at which a network is differentiated, as the numeric side sees it.
struct EvaluationPoint {
  /// The values in long double, along the same branches; evaluated when first asked for, and shared
  /// by copies of the point.
  const Values<long double>& long_values() const;

  Values<double> values;
  Values<double> rounding_errors;  ///< how far rounding may have moved each entry
  bool in_float32 = false;  ///< the rounding errors are those of values that are rounded to float32
  Noise noise;              ///< of what float32 layers compute
  std::vector<NodeTie> ties;  ///< the sites on a kink
  ActivePieces active;        ///< the branches on which kinked nodes are held

  const Graph* graph = nullptr;
  std::shared_ptr<const ActivePieces> own_branches;  ///< those that forward takes
  mutable std::shared_ptr<const Values<long double>> known_long_values = nullptr;
};

/// The same numbers in long double.
Values<long double> widened(const Values<double>& values);

}  // namespace gradcheck
