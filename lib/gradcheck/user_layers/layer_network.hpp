#pragma once

#include <memory>
#include <vector>

#include <gradcheck/network/network.hpp>
#include <gradcheck/user_layers/adapted_layer.hpp>
#include <gradcheck/user_layers/layer_options.hpp>

namespace gradcheck {

/// A layer at one point, with a loss behind it: its own output if that is one number, else the sum
/// of its outputs times U, random, dense and of both signs.
struct LayerNetwork {
  Network network;
  std::vector<ValueId> checked;  ///< inputs with a gradient, then parameters
  std::vector<ValueId> outputs;
  bool projected = false;  ///< whether there is a U
};

/// Throws what the layer throws at these inputs.
LayerNetwork network_of(const std::shared_ptr<const AdaptedLayer>& layer, const UserLayer& user,
                        const std::vector<InputTensor>& inputs, std::uint64_t seed);

}  // namespace gradcheck
