#pragma once

#include <functional>
#include <vector>

#include <gradcheck/numeric/sweep/opaque_jacobian.hpp>

namespace gradcheck {

/// An element of an opaque layer's Jacobian with two one-sided derivatives.
struct KinkedElement {
  std::size_t slot = 0;
  std::size_t entry = 0;
  std::size_t output = 0;
  Bounded left, right;
  /// What is chosen: the element of the subdifferential nearest to backward's, and its bound.
  Bounded chosen = {};
  /// Whether backward's row could be judged: else no derivative can be told here.
  bool settled = false;
};

/// Backward's gradients of a single output of the layer, by input.
using BackwardRow = std::function<Tensors<double>(std::size_t output)>;

/// Chooses among the subgradients of a layer at a kink, each output by itself, all inputs at once:
/// those nearest to what backward says (see check_subgradient). Where a single entry of an output
/// has a kink, the subdifferential is the interval between both sides.
void choose_subgradients(OpaqueJacobian& jacobian, std::vector<KinkedElement>& kinked,
                         const BackwardRow& backward, std::uint64_t seed);

}  // namespace gradcheck
