#pragma once

#include <memory>
#include <utility>

#include <gradcheck/layers/layer.hpp>
#include <gradcheck/network/network_layer.hpp>
#include <gradcheck/result/report.hpp>
#include <gradcheck/user_layers/adapted_layer.hpp>
#include <gradcheck/user_layers/layer_options.hpp>
#include <gradcheck/user_layers/typed_layer.hpp>

namespace gradcheck {

/// Checks a layer written by hand: every entry of the gradients of its inputs and parameters, and
/// that its calls have no side effects.
///
/// An output that is one number is differentiated as it is. Others are multiplied by random dense
/// upstreams of both signs and summed up; small Jacobians are compared row by row as well. What
/// keeps the layer from being checked (it throws, gives NaN, returns too few gradients or some of
/// the wrong shape) is the report's error, not an exception.
Report check_layer(std::shared_ptr<UserLayer> layer, const LayerOptions& options);

/// A class of the user's own behind the common interface; `layer` must outlive it.
template <class... X, class L>
std::shared_ptr<UserLayer> user_layer(L& layer, const LayerOptions& options = {}) {
  return [&]<class... T>(Types<T...>) -> std::shared_ptr<UserLayer> {
    return std::make_shared<TypedLayer<L, T...>>(layer, options);
  }(typename ForwardInputs<L, X...>::type{});
}

/// The same for any class with `forward(x...)` and `backward(dy...)`, which returns the gradients
/// of the inputs (a tensor, a tuple or a container of them). A pure layer may take more:
/// `backward(dy..., x...)` or `backward(dy..., x..., y...)`. Parameters are listed by a member
/// `parameters()` (see parameters_of) or by the options. Where forward is a template or overloaded,
/// name its input types: check_layer<Tensor, Tensor>(layer, {.inputs = {x, t}}).
///
///   Report report = check_layer(my_layer, {.inputs = {x}});
///   REQUIRE_MESSAGE(report.agrees(), report);
template <class... X, class L>
requires(!std::derived_from<std::remove_cvref_t<L>, UserLayer>) Report
    check_layer(L&& layer, const LayerOptions& options) {
  return check_layer(user_layer<X...>(layer, options), options);
}

/// The layer for a Network or a LayerLibrary: its inputs are forward's, then the parameters.
template <class... X, class L>
LayerPtr adapted(L& layer, const LayerOptions& options = {}) {
  using In = typename ForwardInputs<L, X...>::type;
  return std::make_shared<AdaptedLayer>(user_layer<X...>(layer, options), In::size);
}

/// The same with the parameters that it lists, for Network::add; `layer` must outlive it.
template <class L>
NetworkLayer network_layer_of(L& layer, NetworkLayer::Adapt) {
  const std::shared_ptr<UserLayer> user = user_layer(layer);
  std::vector<NetworkLayer::Parameter> parameters;
  for (std::size_t k = 0; k < user->parameter_names().size(); ++k) {
    parameters.push_back({user->parameter_names()[k], user->parameter(k)});
  }
  return {std::make_shared<AdaptedLayer>(user, ForwardInputs<L>::type::size),
          std::move(parameters)};
}

}  // namespace gradcheck
