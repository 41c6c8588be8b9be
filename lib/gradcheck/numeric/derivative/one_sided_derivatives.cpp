#include <algorithm>
#include <cmath>
#include <utility>

#include <gradcheck/numeric/derivative/one_sided_derivatives.hpp>

namespace gradcheck {

namespace {

/// The first step, of the tensor's scale, and by how much others are smaller, down to 2⁻⁴⁰ of it.
constexpr long double first_step = 0x1p-16L;
constexpr long double smaller = 0x1p-8L;
constexpr int most_steps = 4;
/// Where the quotients of both directions differ by less than this part, h f″ of f′, what a central
/// one leaves out, h² f‴ / 6, is as its square.
constexpr long double straight = 0x1p-20L;

long double scale_of(const Tensor& tensor, std::size_t entry) {
  const double size = std::max(std::abs(tensor.data()[entry]), max_abs(tensor));
  return size > 0 && std::isfinite(size) ? size : 1;
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

  /// By a pair of steps that are small beside what the piece does: a tensor's scale may be far
  /// larger than that.
  long double derivative(const InputEntry& entry) const {
    long double step = first_step * scale_of(point.values[node.inputs[entry.slot]], entry.entry);
    for (int k = 1;; ++k, step *= smaller) {
      const long double right = weighted_difference(moved(entry, step), here, upstream) / step;
      const long double left = weighted_difference(here, moved(entry, -step), upstream) / step;
      const long double size = std::max(std::abs(right), std::abs(left));
      if (k == most_steps || std::abs(right - left) <= straight * size) {
        return (right + left) / 2;
      }
    }
  }
};

}  // namespace

OneSidedDerivatives one_sided_derivatives(const Graph& graph, const EvaluationPoint& point,
                                          const NodeTie& tie, const Tensors<double>& upstream) {
  const Graph::Node& node = graph.nodes[tie.node];
  Branches branches = point.active[tie.node].parts[0].branches;
  const std::int32_t chosen = branches[tie.tie.site];
  OneSidedDerivatives derivatives;
  derivatives.chosen =
      static_cast<std::size_t>(std::ranges::find(tie.tie.pieces, chosen) - tie.tie.pieces.begin());
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
