#include <gradcheck/compare/convex_combination.hpp>
#include <gradcheck/compare/subgradient.hpp>
#include <gradcheck/numeric/sweep/tie_derivatives.hpp>

namespace gradcheck {

namespace {

const Tensor& gradient_of(ValueId id, const Values<double>& gradients,
                          const std::map<ValueId, Tensor>& claimed) {
  const auto found = claimed.find(id);
  return found == claimed.end() ? gradients[id] : found->second;
}

/// Which values depend on something that can be differentiated: whatever else a site reads is
/// nobody's gradient.
std::vector<bool> differentiated_values(const Network& network) {
  std::vector<bool> live(network.values().size());
  for (ValueId id = 0; id < live.size(); ++id) {
    live[id] = network.value(id).role == Role::parameter || network.value(id).role == Role::input;
  }
  for (const Network::Node& node : network.nodes()) {
    bool any = false;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      any = any || (live[node.inputs[slot]] && node.layer->differentiable(slot));
    }
    for (const ValueId output : node.outputs) {
      live[output] = any;
    }
  }
  return live;
}

/// What the analytic side (or the claim) passes on through this node alone, for each input.
Tensors<double> passed_on(const Network::Node& node, const EvaluationPoint& point,
                          const Values<double>& gradients,
                          const std::map<ValueId, Tensor>& claimed) {
  Tensors<double> dy, y;
  for (const ValueId output : node.outputs) {
    dy.push_back(gradients[output]);
    y.push_back(point.values[output]);
  }
  const std::vector<const Tensor*> x = inputs_of(node.inputs, point.values);
  Tensors<double> dx = node.layer->backward(dy, Inputs<double>(x), y);
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const auto claim = claimed.find(node.inputs[slot]);
    if (claim != claimed.end() && node.layer->differentiable(slot)) {
      for (std::size_t i = 0; i < dx[slot].size(); ++i) {
        dx[slot].data()[i] += claim->second.data()[i] - gradients[node.inputs[slot]].data()[i];
      }
    }
  }
  return dx;
}

ConvexCombination hold_node(const Network& network, const EvaluationPoint& point, std::size_t k,
                            std::vector<Tie> ties, const std::vector<bool>& differentiated,
                            const Values<double>& gradients,
                            const std::map<ValueId, Tensor>& claimed) {
  const Network::Node& node = network.nodes()[k];
  const Tensors<double> dx = passed_on(node, point, gradients, claimed);
  Tensors<double> upstream;
  for (const ValueId output : node.outputs) {
    upstream.push_back(gradient_of(output, gradients, claimed));
  }
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> unknowns;
  std::vector<long double> excess;
  std::vector<SiteDerivatives> derivatives;
  std::vector<std::size_t> sites;
  std::vector<Branches> pieces;
  for (Tie& tie : ties) {
    std::erase_if(tie.entries,
                  [&](const InputEntry& read) { return !differentiated[node.inputs[read.slot]]; });
  }
  const TieDerivatives one_sided(network.graph(), point, k, ties, upstream);
  for (const Tie& tie : ties) {
    const OneSidedDerivatives at = one_sided.at(tie);
    SiteDerivatives site{{}, at.by_piece, at.chosen};
    for (const InputEntry& read : tie.entries) {
      const auto [place, is_new] =
          unknowns.emplace(std::pair(read.slot, read.entry), excess.size());
      if (is_new) {
        excess.push_back(dx[read.slot].data()[read.entry] - one_sided.along_own_branches(read));
      }
      site.unknowns.push_back(place->second);
    }
    derivatives.push_back(std::move(site));
    sites.push_back(tie.site);
    pieces.push_back(tie.pieces);
  }
  return mix(point.active[k].parts[0].branches, sites, pieces,
             fit_combinations(derivatives, std::move(excess)));
}

}  // namespace

ActivePieces choose_subgradient(const Network& network, const EvaluationPoint& point,
                                const Values<double>& gradients,
                                const std::map<ValueId, Tensor>& claimed) {
  std::map<std::size_t, std::vector<Tie>> by_node;
  for (const NodeTie& tie : point.ties) {
    by_node[tie.node].push_back(tie.tie);
  }
  const std::vector<bool> differentiated = differentiated_values(network);
  ActivePieces active = point.active;
  for (const auto& [node, ties] : by_node) {
    active[node] = hold_node(network, point, node, ties, differentiated, gradients, claimed);
  }
  return active;
}

}  // namespace gradcheck
