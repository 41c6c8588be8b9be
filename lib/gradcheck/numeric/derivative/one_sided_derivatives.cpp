#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/one_sided_derivatives.hpp>

namespace gradcheck {

namespace {

/// A layer's pieces are simple functions: one central difference in long double serves.
constexpr double step_fraction = 0x1p-16;

long double step_for(const Tensor& tensor, std::size_t entry) {
  const double size = std::max(std::abs(tensor.data()[entry]), max_abs(tensor));
  return step_fraction * (size > 0 && std::isfinite(size) ? size : 1);
}

long double weighted_difference(const Tensors<long double>& above,
                                const Tensors<long double>& below,
                                const Tensors<double>& upstream) {
  long double sum = 0;
  for (std::size_t k = 0; k < upstream.size(); ++k) {
    for (std::size_t i = 0; i < upstream[k].size(); ++i) {
      sum += upstream[k].data()[i] * (above[k].data()[i] - below[k].data()[i]);
    }
  }
  return sum;
}

}  // namespace

OneSidedDerivatives one_sided_derivatives(const Graph& graph, const EvaluationPoint& point,
                                          const NodeTie& tie, const Tensors<double>& upstream) {
  const Graph::Node& node = graph.nodes[tie.node];
  Branches branches = point.active[tie.node].parts[0].branches;
  const std::int32_t chosen = branches[tie.tie.site];
  OneSidedDerivatives derivatives;
  derivatives.chosen =
      static_cast<std::size_t>(std::ranges::find(tie.tie.pieces, chosen) - tie.tie.pieces.begin());
  for (const std::int32_t piece : tie.tie.pieces) {
    branches[tie.tie.site] = piece;
    std::vector<long double> row;
    for (const InputEntry& read : tie.tie.entries) {
      std::vector<const LongTensor*> x = inputs_of(node.inputs, point.long_values());
      const long double step = step_for(point.values[node.inputs[read.slot]], read.entry);
      LongTensor moved = *x[read.slot];
      x[read.slot] = &moved;
      moved.data()[read.entry] += step;
      const Tensors<long double> above =
          node.layer->forward_along(branches, Inputs<long double>(x));
      moved.data()[read.entry] -= 2 * step;
      const Tensors<long double> below =
          node.layer->forward_along(branches, Inputs<long double>(x));
      row.push_back(weighted_difference(above, below, upstream) / (2 * step));
    }
    derivatives.by_piece.push_back(std::move(row));
  }
  return derivatives;
}

}  // namespace gradcheck
