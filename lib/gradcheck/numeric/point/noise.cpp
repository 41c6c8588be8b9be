#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/noise.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

void Noise::add(ValueId id, const Tensor& amplitudes) {
  amplitude.resize(present.size());
  amplitude[id] = present[id] ? map2(amplitude[id], amplitudes, std::plus<>()) : amplitudes;
  present[id] = true;
}

Tensor Noise::at(ValueId id, const Tensor& moved) const {
  return map2(amplitude[id], moved,
              [](double a, double x) { return std::max(a, float32_epsilon * std::abs(x)); });
}

bool Noise::any() const { return std::ranges::count(present, true) != 0; }

Noise Noise::between(const Graph& graph, ValueId from, ValueId target) const {
  Noise met(present.size());
  if (!any()) {
    return met;
  }
  const std::vector<bool> reached = downstream_nodes(graph, from);
  const std::vector<bool> needed = upstream_values(graph, target);
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    for (const ValueId output : graph.nodes[k].outputs) {
      if (reached[k] && needed[output] && present[output]) {
        met.add(output, amplitude[output]);
      }
    }
  }
  return met;
}

}  // namespace gradcheck
