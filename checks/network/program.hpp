#pragma once

#include <map>
#include <string>

#include <gradcheck/network/language.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/tensor/tensor.hpp>

/// Small networks written in the network language, for checks.
namespace gradcheck::checks {

struct Leaf {
  Role role;
  Tensor value;
};

inline Network network_of(const std::string& text, const std::map<std::string, Leaf>& leaves,
                          const LayerLibrary& library = standard_layers()) {
  Network network;
  for (const auto& [name, leaf] : leaves) {
    network.give(name, leaf.role, leaf.value);
  }
  add_statements(network, parse_statements(text), library);
  return network;
}

inline Leaf parameter(Tensor value) { return {Role::parameter, std::move(value)}; }
inline Leaf input(Tensor value) { return {Role::input, std::move(value)}; }
inline Leaf parameter(double value) { return {Role::parameter, scalar(value)}; }
inline Leaf input(double value) { return {Role::input, scalar(value)}; }

}  // namespace gradcheck::checks
