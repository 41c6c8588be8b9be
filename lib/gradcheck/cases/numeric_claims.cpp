#include <algorithm>
#include <cmath>

#include <gradcheck/cases/numeric_claims.hpp>

namespace gradcheck {

namespace {

/// The loss where one entry of a value, given or computed, is another number.
double loss_at(const State& state, ValueId from, std::size_t entry, double x) {
  Values<double> values = state.values;
  values[from].data()[entry] = x;
  for (const Network::Node& node : state.network.nodes()) {
    if (std::ranges::count(node.outputs, from) > 0) {
      continue;
    }
    const std::vector<const Tensor*> inputs = inputs_of(node.inputs, values);
    Tensors<double> outputs = node.layer->forward(Inputs<double>(inputs));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      values[node.outputs[k]] = std::move(outputs[k]);
    }
  }
  return values[state.network.loss()].data()[0];
}

}  // namespace

Tensor difference_quotients(const State& state, ValueId from,
                            const std::vector<std::size_t>& positions,
                            const DifferenceScheme& scheme) {
  Tensor quotients = zeros<double>(shape_of(state.values[from]));
  for (const std::size_t i : positions) {
    const double x = state.values[from].data()[i], h = scheme.step;
    const double above = loss_at(state, from, i, x + h);
    quotients.data()[i] = scheme.forward ? (above - loss_at(state, from, i, x)) / h
                                         : (above - loss_at(state, from, i, x - h)) / (2 * h);
  }
  return quotients;
}

Tensor relative_errors(const Tensor& analytic, const Tensor& numeric,
                       const std::vector<std::size_t>& positions) {
  Tensor difference = numeric;
  for (const std::size_t i : positions) {
    difference.data()[i] = std::abs(analytic.data()[i] - numeric.data()[i]);
  }
  return relative_to(difference, analytic, numeric, positions);
}

Tensor relative_to(const Tensor& error, const Tensor& analytic, const Tensor& numeric,
                   const std::vector<std::size_t>& positions) {
  Tensor relative = zeros<double>(shape_of(error));
  for (const std::size_t i : positions) {
    const double size = std::max(std::abs(analytic.data()[i]), std::abs(numeric.data()[i]));
    relative.data()[i] = size > 0 ? error.data()[i] / size : 0;
  }
  return relative;
}

}  // namespace gradcheck
