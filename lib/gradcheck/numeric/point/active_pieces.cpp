#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

namespace {

template <class Real>
void scale(Tensors<Real>& y, Real weight) {
  for (TensorOf<Real>& t : y) {
    for (Real& entry : entries(t)) {
      entry *= weight;
    }
  }
}

template <class Real>
void add(Tensors<Real>& sum, const Tensors<Real>& term) {
  for (std::size_t k = 0; k < sum.size(); ++k) {
    for (std::size_t i = 0; i < sum[k].size(); ++i) {
      sum[k].data()[i] += term[k].data()[i];
    }
  }
}

}  // namespace

template <class Real>
Tensors<Real> forward_on(const Forward& layer, const ConvexCombination& combination,
                         Inputs<Real> x) {
  if (combination.parts.empty()) {
    return layer.forward(x);
  }
  Tensors<Real> y = layer.forward_along(combination.parts[0].branches, x);
  if (combination.parts.size() == 1) {
    return y;
  }
  scale(y, static_cast<Real>(combination.parts[0].weight));
  for (std::size_t k = 1; k < combination.parts.size(); ++k) {
    Tensors<Real> part = layer.forward_along(combination.parts[k].branches, x);
    scale(part, static_cast<Real>(combination.parts[k].weight));
    add(y, part);
  }
  return y;
}

ActivePieces active_pieces_at(const Graph& graph, const Values<double>& values) {
  ActivePieces active(graph.nodes.size());
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (node.layer->kinked()) {
      const std::vector<const Tensor*> x = inputs_of(node.inputs, values);
      active[k].parts.push_back({1, node.layer->branches(Inputs<double>(x))});
    }
  }
  return active;
}

template Tensors<double> forward_on(const Forward&, const ConvexCombination&, Inputs<double>);
template Tensors<long double> forward_on(const Forward&, const ConvexCombination&,
                                         Inputs<long double>);

}  // namespace gradcheck
