#pragma once

#include <cstdint>
#include <string>

#include <gradcheck/network/network.hpp>

namespace gradcheck::defects {

/// A network made at random from all layers, at random scales of its inputs and of its loss.
struct RandomNetwork {
  std::string text;  ///< in the network language
  Network network;   ///< parameters x, W and b
};

RandomNetwork random_network(std::uint64_t seed);

}  // namespace gradcheck::defects
