#include <cmath>
#include <limits>

#include <gradcheck/diagnose/place.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>

namespace gradcheck {

namespace {

/// How often an entry is worked on, and the relative bound that is good enough.
constexpr int most_refinements = 3;
constexpr double good_enough = 1e-8;

ValueId apply(Network& network, const char* layer, const std::vector<ValueId>& inputs) {
  return network.apply("", make_layer(*standard_layers().find(layer), {}), inputs);
}

EvaluationPoint point_of(const LocalNetwork& local, std::uint64_t seed) {
  return evaluate_point(local.network.graph(), forward<double>(local.network), seed);
}

}  // namespace

LocalNetwork local_network(const Place& place) {
  LocalNetwork local;
  Network& network = local.network;
  for (std::size_t k = 0; k < place.x.size(); ++k) {
    const Role role = place.layer->differentiable(k) ? Role::parameter : Role::constant;
    local.inputs.push_back(network.give("x" + std::to_string(k), role, place.x[k]));
  }
  std::vector<ValueId> upstream;
  for (std::size_t k = 0; k < place.dy.size(); ++k) {
    upstream.push_back(network.give("dy" + std::to_string(k), Role::constant, place.dy[k]));
  }
  const std::vector<ValueId> outputs =
      network.apply_all(std::vector<std::string>(place.dy.size()), place.layer, local.inputs);
  ValueId loss = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const ValueId term =
        apply(network, "sum", {apply(network, "multiply", {outputs[k], upstream[k]})});
    loss = k == 0 ? term : apply(network, "add", {loss, term});
  }
  network.set_loss(loss);
  return local;
}

LocalGradient::LocalGradient(const Place& place)
    : local_(local_network(place)),
      point_(point_of(local_, place.seed)),
      differentiator_(local_.network.graph(), point_,
                      DifferenceOptions{false, std::nullopt, false, place.seed}) {
  differentiator_.aim(local_.inputs[place.slot], local_.network.loss());
}

Foretold LocalGradient::at(std::size_t entry) {
  Difference difference = differentiator_.start(entry);
  for (int k = 0; k < most_refinements; ++k) {
    const bool good =
        difference.failure.empty() &&
        difference.estimates[0].bound() <= good_enough * std::abs(difference.estimates[0].value);
    if (good || !differentiator_.refine(difference)) {
      break;
    }
  }
  if (!difference.failure.empty()) {
    return {std::numeric_limits<double>::quiet_NaN(), 0};
  }
  return {static_cast<double>(difference.estimates[0].value),
          static_cast<double>(difference.estimates[0].bound())};
}

}  // namespace gradcheck
