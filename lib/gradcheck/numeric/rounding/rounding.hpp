#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>

#include <gradcheck/numeric/point/noise.hpp>

namespace gradcheck {

/// Discrete stochastic arithmetic (J. Vignes, Math. Comput. Simul. 35 (1993) 233-261): every number
/// on its way is multiplied by 1 + ρξ, ξ random in ±[½, 1], and the movement that this causes at
/// the end, scaled down from ρ to machine epsilon, tells how far rounding may have moved the
/// result. Cancellation on the way shows up as a large movement, an exact zero as none.
class StochasticArithmetic {
 public:
  explicit StochasticArithmetic(std::uint64_t seed) : random_(seed) {}

  /// Perturbs every entry.
  void perturb(Tensor& t);
  /// The same with perturbations that are `finer` times as large.
  void perturb(LongTensor& t, double finer);
  /// Perturbs every entry that may have been rounded: not a number of so few bits that float32
  /// holds it, such as 1 or 0.5, which came about exactly.
  void perturb_rounded(Tensor& t);

  /// Raises each rounding error to what the movement from `base` to `moved` stands for.
  static void raise(Tensor& rounding_errors, const Tensor& moved, const Tensor& base);

  /// Moves every entry by ξ times its amplitude, scaled up from machine epsilon to ρ: what `raise`
  /// makes of the movement is then in proportion to the amplitude.
  void perturb_by(Tensor& t, const Tensor& amplitude);

  /// What a movement of a number of that size stands for.
  static double rounding_of(double movement, double size);

  /// Moves every entry by its entry in `reach`, in a random direction.
  void move(Tensor& t, const Tensor& reach);
  /// The same by a random part of it, from a half on.
  void move_within(Tensor& t, const Tensor& reach);

 private:
  void perturb_number(double& x);
  double sign() { return (random_() >> 63) != 0 ? 1 : -1; }

  std::mt19937_64 random_;
};

/// How far rounding may have moved every entry of every value, in double precision: measured, by
/// evaluating the network again with each value multiplied by 1 + ρξ, ξ random in ±[½, 1], and
/// scaling the largest movement seen down from ρ to machine epsilon (discrete stochastic
/// arithmetic: J. Vignes, Math. Comput. Simul. 35 (1993) 233-261). Cancellation inside the network
/// shows up as a large movement, an exact zero as none. Values with `noise` of float32 are moved in
/// proportion to it instead.
Values<double> rounding_errors_of(const Graph& graph, const Values<double>& values,
                                  const ActivePieces& active, const Noise& noise,
                                  std::uint64_t seed);

/// The larger of two rounding errors, entry by entry, where the second is known at all.
Tensor wider(const Tensor& rounding_errors, const Tensor& there);

/// The rounding errors of `target` alone, the larger of two points: `values`, and `values` with
/// every entry of `from` moved by `reach` (entry by entry, in random directions). Where a function
/// is flat at the point itself (a minimum), only the second shows how much rounding a probe sees.
/// `noise` is that between the two.
Tensor probe_rounding_errors(const Graph& graph, const Values<double>& values,
                             const ActivePieces& active, const Noise& noise, ValueId from,
                             const Tensor& reach, ValueId target, std::uint64_t seed);

/// The rounding errors of `target` alone where every value has moved by a random part of its
/// `reach`, up to all of it. None where the network refuses that point.
std::optional<Tensor> rounding_errors_nearby(const Graph& graph, const Values<double>& values,
                                             const ActivePieces& active,
                                             const std::map<ValueId, Tensor>& reach, ValueId target,
                                             std::uint64_t seed);

}  // namespace gradcheck
