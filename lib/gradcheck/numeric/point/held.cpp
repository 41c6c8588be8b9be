#include <gradcheck/numeric/point/held.hpp>

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
Tensors<Real> forward_held(const Forward& layer, const Mixture& mixture, Inputs<Real> x) {
  if (mixture.parts.empty()) {
    return layer.forward(x);
  }
  Tensors<Real> y = layer.forward_along(mixture.parts[0].branches, x);
  if (mixture.parts.size() == 1) {
    return y;
  }
  scale(y, static_cast<Real>(mixture.parts[0].weight));
  for (std::size_t k = 1; k < mixture.parts.size(); ++k) {
    Tensors<Real> part = layer.forward_along(mixture.parts[k].branches, x);
    scale(part, static_cast<Real>(mixture.parts[k].weight));
    add(y, part);
  }
  return y;
}

Held held_at(const Graph& graph, const Values<double>& values) {
  Held held(graph.nodes.size());
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (node.layer->kinked()) {
      const std::vector<const Tensor*> x = inputs_of(node.inputs, values);
      held[k].parts.push_back({1, node.layer->branches(Inputs<double>(x))});
    }
  }
  return held;
}

template Tensors<double> forward_held(const Forward&, const Mixture&, Inputs<double>);
template Tensors<long double> forward_held(const Forward&, const Mixture&, Inputs<long double>);

}  // namespace gradcheck
