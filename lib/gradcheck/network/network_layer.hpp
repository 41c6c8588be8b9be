#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradcheck/layers/layer.hpp>

namespace gradcheck {

/// A layer together with the parameters that it brings: what Network::add takes. A class of the
/// user's own becomes one through `network_layer_of(layer, NetworkLayer::Adapt{})`, which is found
/// where it is needed (user_layers/check_layer.hpp has it for any class with forward and backward).
struct NetworkLayer {
  struct Adapt {};
  struct Parameter {
    std::string name;
    Tensor value;
  };

  NetworkLayer(LayerPtr its_layer, std::vector<Parameter> its_parameters = {})
      : layer(std::move(its_layer)), parameters(std::move(its_parameters)) {}
  template <class L>
  requires(!std::same_as<std::remove_cv_t<L>, NetworkLayer> && !std::convertible_to<L&, LayerPtr>)
      NetworkLayer(L& its_layer)
      : NetworkLayer(network_layer_of(its_layer, Adapt{})) {}

  LayerPtr layer;  ///< its inputs are those of forward, then the parameters
  std::vector<Parameter> parameters;
};

}  // namespace gradcheck
