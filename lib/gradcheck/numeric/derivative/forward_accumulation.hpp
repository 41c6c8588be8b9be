#pragma once

#include <cstdint>
#include <map>
#include <random>

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/numeric/point/evaluator.hpp>
#include <gradcheck/numeric/point/noise.hpp>

namespace gradcheck {

/// For networks with float32 layers (all others have ChainRule): carries a difference through the
/// network layer by layer instead of comparing losses: each layer
/// on the way is differenced on its own, along the direction in which its inputs move,
///   t_y = (f(x + h t_x) − f(x − h t_x)) / 2h,   h as large as suits x and t_x,
/// from forward alone, in long double. A derivative of 1e-16 in a network of scale 1 keeps its
/// digits this way, and what the loss has in common at all points (an offset of 1e8) cancels before
/// it matters. A float32 layer on the way takes larger steps, and adds its own noise to the outputs
/// that move; all others keep their digits.
class ForwardAccumulation {
 public:
  /// All must outlive the propagator.
  ForwardAccumulation(const Graph& graph, const Values<long double>& values,
                      const ActivePieces& active, const Noise& noise, std::uint64_t seed);

  /// Derivatives with what smaller steps could still gain.
  struct Result {
    std::vector<Estimate> estimates;  ///< an entry of the target each
    /// Rounding of the difference with the smallest steps: where it exceeds an estimate's
    /// truncation, smaller steps gain nothing.
    std::vector<long double> finest;
  };

  /// d(target)/d(from[entry]) for every entry of the target. `path` are the nodes on the way, in
  /// order; `scale` is that on which the entry moves. Steps are `nearness` times what they usually
  /// are. Empty where a layer gives something that is not finite, or refuses it.
  Result differentiate(ValueId from, std::size_t entry, ValueId target,
                       const std::vector<std::size_t>& path, long double scale,
                       long double nearness = 1);

  /// Perturbed evaluations so far.
  std::uint64_t probes() const { return probes_; }

 private:
  using Tangents = std::vector<LongTensor>;      ///< by ValueId; of size 0 where nothing moves
  using Moved = std::vector<std::vector<bool>>;  ///< by output and entry

  /// One run through the path with steps of `part` of the largest; `noise` times the rounding of
  /// each layer is added to what it passes on. False where something is not finite.
  bool run(const std::vector<std::size_t>& path, long double part, long double noise,
           Tangents& tangents);
  bool pass(std::size_t node, long double part, long double noise, Tangents& tangents);
  LongTensor rounding_of(std::size_t node, std::size_t output, const LongTensor& y) const;
  void find_moved_outputs(std::size_t node, const Tangents& tangents);
  void displace(std::size_t node, const Tangents& tangents, long double size, Moved& moved);
  long double step_for(const Graph::Node& node, long double fraction,
                       const Tangents& tangents) const;

  const Graph& graph_;
  const Values<long double>& values_;
  const ActivePieces& active_;
  const Noise& noise_;
  std::mt19937_64 random_;
  long double scale_ = 1;
  std::map<std::size_t, Moved> moved_outputs_;  ///< of the float32 layers on the way, by node
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
