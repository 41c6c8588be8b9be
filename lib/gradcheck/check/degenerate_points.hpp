#pragma once

#include <string>
#include <vector>

#include <gradcheck/network/network.hpp>

namespace gradcheck {

/// What the network's point hides: where its numbers are so regular that some wrong backwards give
/// the right gradients, and what to change. At most one note of each kind, on what lies between the
/// checked values and the loss:
///
/// - a batch of one, for products of data and a weight (a vector network has no batch axis);
/// - symmetric weights, or else square ones;
/// - inputs and parameters that are constant throughout or along an axis;
/// - biases, states and other given tensors that are all zero;
/// - kinked layers that are on one side of their kink everywhere;
/// - labels that are all equal.
///
/// `values` are those of a forward pass. The notes change no verdict.
std::vector<std::string> degenerate_points(const Network& network, const Values<double>& values,
                                           const std::vector<ValueId>& checked);

}  // namespace gradcheck
