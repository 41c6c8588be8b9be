#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <gradcheck/numeric/derivative/directional.hpp>
#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

/// Differentiates a network by the chain rule: each layer on the way is differenced on its own,
/// along the direction in which its inputs move,
///   t_y = (f(x + h t_x) − f(x − h t_x)) / 2h,
/// from forward alone, in long double, with steps at which that layer's quotients converge
/// (differentiate_along). A derivative of 1e-16 in a network of scale 1 keeps its digits this way,
/// what the loss has in common at all points (an offset of 1e8) cancels before it matters, and a
/// layer that turns over within a step of the whole is still seen.
///
/// What each layer leaves out or rounds away is carried on as well, with random signs and sizes:
/// what arrives is the bound.
class ChainRule {
 public:
  /// All must outlive it.
  ChainRule(const Graph& graph, const Values<long double>& values, const ActivePieces& active,
            std::uint64_t seed);

  /// d(target)/d(from[entry]) for every entry of the target. `path` are the nodes on the way, in
  /// order; `scale` is that on which the entry moves. Steps begin at `nearness` times what they
  /// usually are. Empty where a layer gives no finite values; with infinite bounds where one has
  /// quotients that do not converge.
  std::vector<Estimate> differentiate(ValueId from, std::size_t entry, ValueId target,
                                      const std::vector<std::size_t>& path, long double scale,
                                      long double nearness = 1);

  /// Perturbed evaluations so far: those of layers, in whole paths.
  std::uint64_t probes() const { return probes_; }

 private:
  using Tangents = std::vector<LongTensor>;  ///< by ValueId; of size 0 where nothing moves

  Tangents start(ValueId from, std::size_t entry, ValueId target, long double value) const;
  LongTensor zeros_like(ValueId id) const;
  bool pass(std::size_t node, long double first);
  Tangents arriving(const Graph::Node& node, const Line& line, const Directional& derivative,
                    const Tangents& error);
  std::vector<std::vector<bool>> reached_by_error(const Line& line, const Line& errors);
  bool carry_error(std::size_t node, const Line& line, const Directional& derivative,
                   long double first, Tangents& error);
  bool carry_error_alone(std::size_t node, long double first, Tangents& error);

  const Graph& graph_;
  const Values<long double>& values_;
  const ActivePieces& active_;
  std::mt19937_64 random_;
  long double scale_ = 1;  ///< on which the entry moves
  Tangents tangents_;
  std::vector<Tangents> errors_;  ///< samples of the error
  bool converged_ = true;         ///< every layer's quotients do
  bool truncated_ = false;        ///< a layer's truncation outweighs its rounding
  std::uint64_t evaluations_ = 0;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
