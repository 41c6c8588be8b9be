#include <algorithm>
#include <vector>

#include <gradcheck/numeric/sweep/stages.hpp>

namespace gradcheck {

namespace {

/// Layers of a stage, if it can end there.
constexpr std::size_t layers_of_stage = 8;

}  // namespace

ValueId end_of_stage(const Graph& graph, ValueId from, ValueId target) {
  const std::vector<std::size_t> moving = nodes_between(graph, from, target);
  const std::vector<bool> needed = upstream_values(graph, target);
  std::vector<std::size_t> last_reader(graph.values.size(), 0);
  for (const std::size_t k : moving) {
    for (const ValueId input : graph.nodes[k].inputs) {
      last_reader[input] = k;
    }
  }
  std::vector<ValueId> open{from};  // moved, and to be read yet
  std::size_t layers = 0;
  for (const std::size_t k : moving) {
    std::erase_if(open, [&](ValueId value) { return last_reader[value] <= k; });
    std::ranges::copy_if(graph.nodes[k].outputs, std::back_inserter(open),
                         [&](ValueId output) { return needed[output]; });
    if (++layers >= layers_of_stage && open.size() == 1) {
      return open[0];
    }
  }
  return target;
}

}  // namespace gradcheck
