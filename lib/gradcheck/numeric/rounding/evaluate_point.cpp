#include <gradcheck/numeric/point/true_forward.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/rounding/float32_noise.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>

namespace gradcheck {

namespace {

std::vector<NodeTie> ties_of(const Graph& graph, const Values<double>& values,
                             const Values<double>& rounding_errors) {
  std::vector<NodeTie> ties;
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (node.layer->kinked()) {
      const std::vector<const Tensor*> x = inputs_of(node.inputs, values);
      const std::vector<const Tensor*> w = inputs_of(node.inputs, rounding_errors);
      for (Tie& tie : node.layer->ties(Inputs<double>(x), Inputs<double>(w))) {
        ties.push_back({k, std::move(tie)});
      }
    }
  }
  return ties;
}

}  // namespace

EvaluationPoint evaluate_point(const Graph& graph, Values<double> values, std::uint64_t seed,
                               Precision analytic) {
  EvaluationPoint point;
  point.active = active_pieces_at(graph, values);
  require_true_forward(graph, values, point.active, seed);
  point.graph = &graph;
  point.own_branches = std::make_shared<const ActivePieces>(point.active);
  point.noise = forward_noise(graph, values, point.active, seed);
  const Noise rounded =
      analytic == Precision::float32 ? rounding_to_float32(values) : Noise(values.size());
  point.rounding_errors =
      rounding_errors_of(graph, values, point.active, rounded.any() ? rounded : point.noise, seed);
  point.in_float32 = rounded.any();
  point.ties = ties_of(graph, values, point.rounding_errors);
  point.values = std::move(values);
  return point;
}

}  // namespace gradcheck
