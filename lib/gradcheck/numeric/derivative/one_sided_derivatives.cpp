#include <algorithm>
#include <cmath>
#include <utility>

#include <gradcheck/numeric/derivative/one_sided_derivatives.hpp>

namespace gradcheck {

namespace {

/// The first step, of the tensor's scale.
constexpr long double first_step = 0x1p-16L;
constexpr long double straight = 0x1p-20L;

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

/// A layer on given branches, which a step of one entry moves.
struct Piece {
  const Graph::Node& node;
  const EvaluationPoint& point;
  const Branches& branches;
  const Tensors<double>& upstream;
  Tensors<long double> here;  ///< its outputs at the point, the same on each piece that meets there

  Tensors<long double> moved(const InputEntry& entry, long double step) const {
    std::vector<const LongTensor*> x = inputs_of(node.inputs, point.long_values());
    LongTensor there = *x[entry.slot];
    there.data()[entry.entry] += step;
    x[entry.slot] = &there;
    return node.layer->forward_along(branches, Inputs<long double>(x));
  }

  long double derivative(const InputEntry& entry) const {
    long double step = first_steps(point.values[node.inputs[entry.slot]])[entry.entry];
    for (int k = 1;; ++k, step *= smaller_step_at_a_tie) {
      const TwoQuotients both{weighted_difference(moved(entry, step), here, upstream) / step,
                              weighted_difference(here, moved(entry, -step), upstream) / step};
      if (k == most_steps_at_a_tie || both.meet()) {
        return both.mean();
      }
    }
  }
};

}  // namespace

std::vector<long double> first_steps(const Tensor& x) {
  const double largest = max_abs(x);
  std::vector<long double> steps;
  for (const double each : entries(x)) {
    const double scale = std::max(std::abs(each), largest);
    steps.push_back(first_step * (scale > 0 && std::isfinite(scale) ? scale : 1));
  }
  return steps;
}

bool TwoQuotients::meet() const {
  return std::abs(above - below) <= straight * std::max(std::abs(above), std::abs(below));
}

std::size_t chosen_piece(const EvaluationPoint& point, const NodeTie& tie) {
  const std::int32_t chosen = point.active[tie.node].parts[0].branches[tie.tie.site];
  return static_cast<std::size_t>(std::ranges::find(tie.tie.pieces, chosen) -
                                  tie.tie.pieces.begin());
}

OneSidedDerivatives one_sided_derivatives(const Graph& graph, const EvaluationPoint& point,
                                          const NodeTie& tie, const Tensors<double>& upstream) {
  const Graph::Node& node = graph.nodes[tie.node];
  Branches branches = point.active[tie.node].parts[0].branches;
  OneSidedDerivatives derivatives;
  derivatives.chosen = chosen_piece(point, tie);
  Tensors<long double> here;
  for (const ValueId output : node.outputs) {
    here.push_back(point.long_values()[output]);
  }
  const Piece piece{node, point, branches, upstream, std::move(here)};
  for (const std::int32_t each : tie.tie.pieces) {
    branches[tie.tie.site] = each;
    std::vector<long double> row;
    for (const InputEntry& read : tie.tie.entries) {
      row.push_back(piece.derivative(read));
    }
    derivatives.by_piece.push_back(std::move(row));
  }
  return derivatives;
}

}  // namespace gradcheck
