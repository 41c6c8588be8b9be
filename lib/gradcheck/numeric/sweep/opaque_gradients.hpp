#pragma once

#include <gradcheck/numeric/sweep/numeric_gradient.hpp>

namespace gradcheck {

/// Gradients through layers that are known by their values alone.
class OpaqueGradients {
 public:
  virtual ~OpaqueGradients() = default;

  /// Whether it can be asked for that node.
  virtual bool knows(std::size_t /*node*/) const { return true; }

  /// d(target)/dx of one input of a node, from the same of all its outputs, one after another.
  virtual NumericGradient<double> through(std::size_t node, std::size_t slot,
                                          const NumericGradient<double>& outputs) = 0;
};

}  // namespace gradcheck
