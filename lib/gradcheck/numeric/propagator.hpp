#pragma once

#include <cstdint>
#include <random>

#include <gradcheck/numeric/evaluator.hpp>
#include <gradcheck/numeric/extrapolate.hpp>

namespace gradcheck {

/// Carries a difference through the network layer by layer instead of comparing losses: each layer
/// on the way is differenced on its own, along the direction in which its inputs move,
///   t_y = (f(x + h t_x) − f(x − h t_x)) / 2h,   h as large as suits x and t_x,
/// from forward alone, in long double. A derivative of 1e-16 in a network of scale 1 keeps its
/// digits this way, and what the loss has in common at all points (an offset of 1e8) cancels before
/// it matters.
class Propagator {
 public:
  /// All must outlive the propagator.
  Propagator(const Graph& graph, const Values<long double>& values, const Held& held,
             std::uint64_t seed);

  /// d(target)/d(from[entry]) for every entry of the target. `path` are the nodes on the way, in
  /// order; `scale` is that on which the entry moves.
  /// Empty where a layer gives something that is not finite, or refuses it.
  std::vector<Estimate> differentiate(ValueId from, std::size_t entry, ValueId target,
                                      const std::vector<std::size_t>& path, long double scale);

  /// Perturbed evaluations so far.
  std::uint64_t probes() const { return probes_; }

 private:
  using Tangents = std::vector<LongTensor>;  ///< by ValueId; of size 0 where nothing moves

  /// One run through the path with steps of `fraction`; `noise` times the rounding of each layer is
  /// added to what it passes on. False where something is not finite.
  bool run(const std::vector<std::size_t>& path, long double fraction, long double noise,
           Tangents& tangents);
  bool pass(const Graph::Node& node, const Mixture& held, long double fraction, long double noise,
            Tangents& tangents);
  long double step_for(const Graph::Node& node, long double fraction,
                       const Tangents& tangents) const;

  const Graph& graph_;
  const Values<long double>& values_;
  const Held& held_;
  std::mt19937_64 random_;
  long double scale_ = 1;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
