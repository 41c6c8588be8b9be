#include <random>

#include <gradcheck/numeric/sweep/tie_reach.hpp>

namespace gradcheck {

TieReach::TieReach(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed)
    : graph_(graph), point_(point), seed_(seed) {}

/// Slopes of a random combination of all that tied sites read: they are 0 where none is moved.
std::optional<std::vector<bool>> TieReach::of(ValueId from, const Expansion& expansion) {
  std::vector<bool> reaches(point_.values[from].size());
  if (point_.ties.empty()) {
    return reaches;
  }
  if (!chain_) {
    std::mt19937_64 random(seed_);
    std::map<ValueId, Tensor> seeds;
    for (const NodeTie& tie : point_.ties) {
      for (const InputEntry& read : tie.tie.entries) {
        const ValueId id = graph_.nodes[tie.node].inputs[read.slot];
        const auto [seed, added] = seeds.try_emplace(id);
        if (added) {
          seed->second = zeros<double>(shape_of(point_.values[id]));
        }
        seed->second.data()[read.entry] = 1 + static_cast<double>(random() >> 12) * 0x1p-52;
      }
    }
    const EvaluationPoint& of_parts = expansion.point();
    chain_.emplace(expansion.graph(), of_parts, of_parts.values, seed_);
    chain_->aim(std::move(seeds));
  }
  const std::optional<NumericGradient<double>>& found = chain_->derivatives(from);
  if (!found) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    reaches[i] = found->value.data()[i] != 0;
  }
  return reaches;
}

}  // namespace gradcheck
