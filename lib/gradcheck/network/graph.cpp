#include <algorithm>

#include <gradcheck/network/graph.hpp>

namespace gradcheck {

const char* to_string(Role role) {
  switch (role) {
    case Role::parameter:
      return "parameter";
    case Role::input:
      return "input";
    case Role::constant:
      return "constant";
    case Role::intermediate:
      return "intermediate";
  }
  return "?";
}

bool in_long_double(const Graph& graph) {
  return std::ranges::all_of(graph.nodes,
                             [](const Graph::Node& node) { return node.layer->in_long_double(); });
}

std::string node_text(const std::string& layer, Position at) {
  return at.line == 0 ? layer : layer + " (line " + std::to_string(at.line) + ")";
}

std::vector<bool> given_values(const Graph& graph) {
  std::vector<bool> given(graph.values.size(), true);
  for (const Graph::Node& node : graph.nodes) {
    for (const ValueId output : node.outputs) {
      given[output] = false;
    }
  }
  return given;
}

std::vector<bool> downstream_nodes(const Graph& graph, ValueId from) {
  std::vector<bool> moved(graph.values.size());
  std::vector<bool> reached(graph.nodes.size());
  moved[from] = true;
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (moved[node.inputs[slot]] && node.layer->differentiable(slot)) {
        reached[k] = true;
      }
    }
    if (reached[k]) {
      for (const ValueId output : node.outputs) {
        moved[output] = true;
      }
    }
  }
  return reached;
}

std::vector<bool> upstream_values(const Graph& graph, ValueId target) {
  std::vector<bool> needed(graph.values.size());
  needed[target] = true;
  for (std::size_t k = graph.nodes.size(); k-- > 0;) {
    const Graph::Node& node = graph.nodes[k];
    bool used = false;
    for (const ValueId output : node.outputs) {
      used = used || needed[output];
    }
    for (std::size_t slot = 0; used && slot < node.inputs.size(); ++slot) {
      if (node.layer->differentiable(slot)) {
        needed[node.inputs[slot]] = true;
      }
    }
  }
  return needed;
}

std::vector<std::size_t> nodes_between(const Graph& graph, ValueId from, ValueId target) {
  const std::vector<bool> reached = downstream_nodes(graph, from);
  const std::vector<bool> needed = upstream_values(graph, target);
  std::vector<std::size_t> nodes;
  for (std::size_t k = 0; k < reached.size(); ++k) {
    const std::vector<ValueId>& outputs = graph.nodes[k].outputs;
    if (reached[k] && std::ranges::any_of(outputs, [&](ValueId id) { return needed[id]; })) {
      nodes.push_back(k);
    }
  }
  return nodes;
}

}  // namespace gradcheck
