#include <algorithm>
#include <set>

#include <gradcheck/numeric/sweep/stages.hpp>

namespace gradcheck {

namespace {

/// Layers of a stage, if it can end there.
constexpr std::size_t layers_of_stage = 8;

}  // namespace

Stages::Stages(const Graph& graph, ValueId target)
    : graph_(graph),
      target_(target),
      needed_(upstream_values(graph, target)),
      first_reader_(graph.values.size(), graph.nodes.size()),
      last_reader_(graph.values.size(), 0) {
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    const bool needed = std::ranges::any_of(node.outputs, [&](ValueId id) { return needed_[id]; });
    for (std::size_t slot = 0; needed && slot < node.inputs.size(); ++slot) {
      if (node.layer->differentiable(slot)) {
        const ValueId input = node.inputs[slot];
        first_reader_[input] = std::min(first_reader_[input], k);
        last_reader_[input] = k;
      }
    }
  }
}

Stage Stages::from(ValueId from) const {
  Stage stage{target_, {}};
  std::set<ValueId> open{from};  // moved, and to be read yet
  for (std::size_t k = first_reader_[from]; k < graph_.nodes.size(); ++k) {
    const Graph::Node& node = graph_.nodes[k];
    bool moved = false;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      moved = moved || (node.layer->differentiable(slot) && open.contains(node.inputs[slot]));
    }
    if (!moved || std::ranges::none_of(node.outputs, [&](ValueId id) { return needed_[id]; })) {
      continue;
    }
    stage.nodes.push_back(k);
    for (const ValueId input : node.inputs) {
      if (last_reader_[input] == k) {
        open.erase(input);
      }
    }
    std::ranges::copy_if(node.outputs, std::inserter(open, open.end()),
                         [&](ValueId output) { return needed_[output]; });
    if (stage.nodes.size() >= layers_of_stage && open.size() == 1) {
      stage.end = *open.begin();
      break;
    }
  }
  return stage;
}

}  // namespace gradcheck
