#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck::defects::semantic {

/// A network of any functions of a library at special numbers. Its values are finite.
struct AnyNetwork {
  std::string text;  ///< in the network language
  Network network;
  std::set<std::string> functions;  ///< those that it calls
};

/// The same for the same seed. Arguments are found by trying: shapes from the documentation of the
/// layer or from values that are there, settings of their kind, until the layer accepts them. So a
/// layer that is added to the library needs nothing here.
AnyNetwork any_network(std::uint64_t seed, const LayerLibrary& library = standard_layers());

/// The network as a case file.
std::string case_file(const AnyNetwork& network);

}  // namespace gradcheck::defects::semantic
