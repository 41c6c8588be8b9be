#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/tie_derivatives.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

namespace {

using Kind = Structure::Kind;

}  // namespace

TieDerivatives::TieDerivatives(const Graph& graph, const EvaluationPoint& point, std::size_t node,
                               const std::vector<Tie>& ties, const Tensors<double>& upstream)
    : graph_(graph), point_(point), node_(node), ties_(ties), upstream_(upstream) {
  const Kind kind = structure_of(graph, graph.nodes[node]).kind;
  if ((kind != Kind::elementwise && kind != Kind::selection) || upstream.size() != 1) {
    return;
  }
  const Branches& own = point.active[node].parts[0].branches;
  own_ = paths(own);
  std::size_t ranks = 0;
  for (const Tie& tie : ties) {
    ranks = std::max(ranks, tie.pieces.size());
  }
  for (std::size_t rank = 0; together() && rank < ranks; ++rank) {
    by_rank_.push_back(paths(with_pieces(rank)));
    if (!only_tied_outputs_change(by_rank_.back())) {
      own_.clear();
    }
  }
  sum_up();
}

/// Every tied site on its piece of that rank, if it has so many.
Branches TieDerivatives::with_pieces(std::size_t rank) const {
  Branches branches = point_.active[node_].parts[0].branches;
  for (const Tie& tie : ties_) {
    if (rank < tie.pieces.size()) {
      branches[tie.site] = tie.pieces[rank];
    }
  }
  return branches;
}

TieDerivatives::PathsOfSlots TieDerivatives::paths(const Branches& branches) const {
  const Graph::Node& node = graph_.nodes[node_];
  const bool selects = structure_of(graph_, node).kind == Kind::selection;
  PathsOfSlots found(node.inputs.size());
  for (std::size_t slot = 0; slot < found.size(); ++slot) {
    if (node.layer->differentiable(slot)) {
      found[slot] = selects ? selected(slot, branches) : moved(slot, branches);
    }
  }
  return found;
}

/// Of a layer that only moves entries about.
TieDerivatives::Paths TieDerivatives::selected(std::size_t slot, const Branches& branches) const {
  const std::span<const double> dy = entries(upstream_[0]);
  const ConvexCombination active{{{1, branches}}};
  const Graph::Node& node = graph_.nodes[node_];
  const std::size_t none = point_.values[node.inputs[slot]].size();
  Paths found{std::vector<std::size_t>(dy.size(), none), {dy.begin(), dy.end()}};
  const Origins along = origins(node, active, point_.values)[0];
  for (const Origins::Move& move : along.by_slot[slot]) {
    found.entry[move.to] = move.entry;
  }
  return found;
}

/// Of a layer that works entry by entry: all of them are moved at once.
TieDerivatives::Paths TieDerivatives::moved(std::size_t slot, const Branches& branches) const {
  const Graph::Node& node = graph_.nodes[node_];
  const Tensor& x = point_.values[node.inputs[slot]];
  const LongTensor& here = point_.long_values()[node.outputs[0]];
  Paths found{broadcast_positions(shape_of(x), shape_of(here)),
              std::vector<long double>(here.size())};
  std::vector<long double> steps = first_steps(x);
  std::vector<bool> settled(here.size());
  for (int k = 1; std::ranges::count(settled, false) > 0; ++k) {
    const LongTensor above = outputs(slot, branches, steps, 1);
    const LongTensor below = outputs(slot, branches, steps, -1);
    for (std::size_t o = 0; o < here.size(); ++o) {
      if (settled[o]) {
        continue;
      }
      const long double per_step = upstream_[0].data()[o] / steps[found.entry[o]];
      const TwoQuotients both{(above.data()[o] - here.data()[o]) * per_step,
                              (here.data()[o] - below.data()[o]) * per_step};
      settled[o] = both.meet() || k == most_steps_at_a_tie;
      found.derivative[o] = both.mean();
    }
    for (long double& step : steps) {
      step *= smaller_step_at_a_tie;
    }
  }
  return found;
}

LongTensor TieDerivatives::outputs(std::size_t slot, const Branches& branches,
                                   const std::vector<long double>& steps, int direction) const {
  const Graph::Node& node = graph_.nodes[node_];
  std::vector<const LongTensor*> x = inputs_of(node.inputs, point_.long_values());
  LongTensor there = *x[slot];
  for (std::size_t i = 0; i < there.size(); ++i) {
    there.data()[i] += direction * steps[i];
  }
  x[slot] = &there;
  return node.layer->forward_along(branches, Inputs<long double>(x))[0];
}

/// What makes it right to take all pieces together: an output of no tied site is as it was.
bool TieDerivatives::only_tied_outputs_change(const PathsOfSlots& paths) const {
  std::vector<bool> tied(upstream_[0].size());
  for (const Tie& tie : ties_) {
    if (tie.site >= tied.size()) {
      return false;
    }
    tied[tie.site] = true;
  }
  for (std::size_t slot = 0; slot < paths.size(); ++slot) {
    for (std::size_t o = 0; o < paths[slot].entry.size(); ++o) {
      const bool same = paths[slot].entry[o] == own_[slot].entry[o] &&
                        paths[slot].derivative[o] == own_[slot].derivative[o];
      if (!tied[o] && !same) {
        return false;
      }
    }
  }
  return true;
}

void TieDerivatives::sum_up() {
  for (std::size_t slot = 0; slot < own_.size(); ++slot) {
    sums_.emplace_back(point_.values[graph_.nodes[node_].inputs[slot]].size());
    for (std::size_t o = 0; o < own_[slot].entry.size(); ++o) {
      if (own_[slot].entry[o] < sums_[slot].size()) {
        sums_[slot][own_[slot].entry[o]] += own_[slot].derivative[o];
      }
    }
  }
}

OneSidedDerivatives TieDerivatives::at(const Tie& tie) const {
  if (!together()) {
    return one_sided_derivatives(graph_, point_, {node_, tie}, upstream_);
  }
  OneSidedDerivatives derivatives;
  derivatives.chosen = chosen_piece(point_, {node_, tie});
  for (std::size_t rank = 0; rank < tie.pieces.size(); ++rank) {
    std::vector<long double> row;
    for (const InputEntry& read : tie.entries) {
      row.push_back(sums_[read.slot][read.entry] - own_[read.slot].at(tie.site, read.entry) +
                    by_rank_[rank][read.slot].at(tie.site, read.entry));
    }
    derivatives.by_piece.push_back(std::move(row));
  }
  return derivatives;
}

long double TieDerivatives::along_own_branches(const InputEntry& entry) const {
  if (together()) {
    return sums_[entry.slot][entry.entry];
  }
  const std::int32_t piece = point_.active[node_].parts[0].branches[0];
  return one_sided_derivatives(graph_, point_, {node_, {0, {piece}, {entry}}}, upstream_)
      .by_piece[0][0];
}

}  // namespace gradcheck
