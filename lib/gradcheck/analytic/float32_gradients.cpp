#include <cmath>

#include <gradcheck/analytic/float32_gradients.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/float32_noise.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

namespace {

/// Both precisions of backward differ by about the rounding of the coarser; twice that is safe.
constexpr double analytic_safety = 2;
/// Units of rounding that a value is granted where both precisions agree by chance.
constexpr double granted_units = 4;

void round_to_float32(Tensor& t) {
  for (double& x : entries(t)) {
    x = static_cast<double>(static_cast<float>(x));
  }
}

/// Masks and values held constant stay what they are in double.
bool lets_gradients_through(const Graph::Node& node) {
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.layer->differentiable(slot)) {
      return true;
    }
  }
  return false;
}

/// Labels and indices are read as they were given.
std::vector<const Tensor*> rounded_inputs(const Graph::Node& node, const Values<double>& rounded,
                                          const Values<double>& given) {
  std::vector<const Tensor*> x = inputs_of(node.inputs, rounded);
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    x[slot] = node.layer->differentiable(slot) ? x[slot] : &given[node.inputs[slot]];
  }
  return x;
}

/// The values in float32; what a tied site reads is given the double value, so that backward takes
/// the same branch in both precisions.
Values<double> rounded_values(const Graph& graph, const EvaluationPoint& point) {
  Values<double> values = point.values;
  for (Tensor& value : values) {
    round_to_float32(value);
  }
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (!lets_gradients_through(node)) {
      continue;
    }
    const std::vector<const Tensor*> x = rounded_inputs(node, values, point.values);
    Tensors<double> y = forward_on(*node.layer, point.active[k], Inputs<double>(x));
    for (std::size_t i = 0; i < y.size(); ++i) {
      round_to_float32(y[i]);
      values[node.outputs[i]] = std::move(y[i]);
    }
  }
  for (const NodeTie& tie : point.ties) {
    for (const InputEntry& read : tie.tie.entries) {
      const ValueId id = graph.nodes[tie.node].inputs[read.slot];
      values[id].data()[read.entry] = point.values[id].data()[read.entry];
    }
  }
  return values;
}

/// What backward passes on, as a function of the inputs and, behind them, the upstreams of a node.
TensorFunction backward_of(const Network::Node& node) {
  return [&node](const Tensors<double>& at) {
    const std::vector<const Tensor*> all = addresses(at);
    const Inputs<double> x(all.data(), node.inputs.size());
    const Tensors<double> dy(at.begin() + static_cast<std::ptrdiff_t>(x.size()), at.end());
    return node.layer->backward(dy, x, node.layer->forward(x));
  };
}

}  // namespace

Values<double> float32_gradients(const Network& network, const EvaluationPoint& point,
                                 ValueId target, const Tensor& upstream) {
  const Values<double> values = rounded_values(network.graph(), point);
  Values<double> gradients =
      backward<double>(network, values, target, upstream,
                       [](ValueId, Tensor& gradient) { round_to_float32(gradient); });
  for (Tensor& gradient : gradients) {
    round_to_float32(gradient);
  }
  return gradients;
}

Tensor float32_rounding(const Tensor& float32, const Tensor& value, const Tensor& rounding) {
  Tensor result = empty<double>(shape_of(value));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double a = value.data()[i];
    const double seen = std::abs(float32.data()[i] - a);
    result.data()[i] =
        analytic_safety * seen + granted_units * float32_epsilon * std::abs(a) + rounding.data()[i];
  }
  return result;
}

Tensors<double> backward_noise(const Network::Node& node, const EvaluationPoint& point,
                               const Tensors<double>& upstreams, std::uint64_t seed) {
  Tensors<double> at;
  std::vector<bool> move;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    at.push_back(point.values[node.inputs[slot]]);
    move.push_back(node.layer->differentiable(slot));
  }
  at.insert(at.end(), upstreams.begin(), upstreams.end());
  move.resize(at.size(), true);
  if (node.layer->in_long_double()) {
    return noise_of(backward_of(node), at, move, seed);
  }
  const bool float32 = node.layer->backward_precision() == Precision::float32;
  const double unit = (float32 ? float32_epsilon : machine_epsilon<double>()) / 2;
  return scatter_of(backward_of(node), at, move, unit, seed);
}

Noise backward_noise(const Network& network, const EvaluationPoint& point,
                     const Values<double>& gradients, std::uint64_t seed) {
  Noise noise(point.values.size());
  for (const Network::Node& node : network.nodes()) {
    if (node.layer->backward_precision() != Precision::float32 && node.layer->in_long_double()) {
      continue;
    }
    Tensors<double> upstreams;
    for (const ValueId output : node.outputs) {
      upstreams.push_back(gradients[output]);
    }
    const Tensors<double> amplitudes = backward_noise(node, point, upstreams, seed);
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (node.layer->differentiable(slot)) {
        noise.add(node.inputs[slot], amplitudes[slot]);
      }
    }
  }
  return noise;
}

}  // namespace gradcheck
