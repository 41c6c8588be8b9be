#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Whether no gradient flows through the node: a mask, or a value held constant.
bool constant_node(const Graph::Node& node) {
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    if (node.layer->differentiable(slot)) {
      return false;
    }
  }
  return true;
}

/// The values in long double; masks stay what they are in double, on whatever side of a threshold
/// the better precision would fall, and so does what a layer refuses to compute at values that
/// lie beside its own by rounding.
Values<long double> long_values_of(const Graph& graph, const Values<double>& values,
                                   const ActivePieces& active) {
  Values<long double> result = widened(values);
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (constant_node(node)) {
      continue;
    }
    const std::vector<const LongTensor*> x = inputs_of(node.inputs, result);
    try {
      Tensors<long double> y = forward_on(*node.layer, active[k], Inputs<long double>(x));
      for (std::size_t i = 0; i < y.size(); ++i) {
        result[node.outputs[i]] = std::move(y[i]);
      }
    } catch (const Error&) {
      continue;
    }
  }
  return result;
}

/// What a tied site reads is given the same value in both precisions: both sides then take the same
/// branch.
void align_at_ties(const Graph& graph, const std::vector<NodeTie>& ties,
                   const Values<double>& values, Values<long double>& long_values) {
  for (const NodeTie& tie : ties) {
    for (const InputEntry& read : tie.tie.entries) {
      const ValueId id = graph.nodes[tie.node].inputs[read.slot];
      long_values[id].data()[read.entry] = values[id].data()[read.entry];
    }
  }
}

}  // namespace

Values<long double> widened(const Values<double>& values) {
  Values<long double> result;
  result.reserve(values.size());
  for (const Tensor& value : values) {
    append(result, [&] { return cast<long double>(value); });
  }
  return result;
}

const Values<long double>& EvaluationPoint::long_values() const {
  if (!known_long_values) {
    Values<long double> precise = long_values_of(*graph, values, *own_branches);
    align_at_ties(*graph, ties, values, precise);
    known_long_values = std::make_shared<const Values<long double>>(std::move(precise));
  }
  return *known_long_values;
}

}  // namespace gradcheck
