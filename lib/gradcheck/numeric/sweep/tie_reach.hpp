#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/sweep/expansion.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>

namespace gradcheck {

/// Which entries of a value move what a site on a kink reads.
class TieReach {
 public:
  /// Graph and point must outlive it.
  TieReach(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed);

  /// By entry. None where that cannot be had for all of them at once. `expansion`, that of the
  /// graph, is the same in each call, and must outlive it.
  std::optional<std::vector<bool>> of(ValueId from, const Expansion& expansion);

  std::uint64_t probes() const { return chain_ ? chain_->probes() : 0; }

 private:
  const Graph& graph_;
  const EvaluationPoint& point_;
  std::uint64_t seed_;
  std::optional<ReverseAccumulation<double>> chain_;  ///< made when it is first needed
};

}  // namespace gradcheck
