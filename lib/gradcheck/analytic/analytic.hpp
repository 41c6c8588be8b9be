#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/result/options.hpp>

namespace gradcheck {

/// How far rounding may have moved a tensor, seen from its value in a better precision; where
/// `precise` is no better (not `helps`), so many units of the tensor's largest entry.
Tensor rounding_of(const Tensor& value, const LongTensor& precise, bool helps = true);

/// The analytic side at one point: d(Σ upstream · target)/d(value) for every value, and how far
/// rounding may have moved each entry. The latter is measured: backward runs in long double as
/// well, and twice more with every rounded gradient on its way perturbed a little, which shows what
/// cancels (see rounding_errors_of for the forward side). What float32 layers pass on is perturbed
/// by their own noise (see noise_of).
struct Gradients {
  Tensor upstream;
  Values<double> values;
  Values<double> float32;    ///< the same in float32, if that is what is to be judged; else empty
  Values<double> rounding;   ///< of those that are judged
  Values<double> perturbed;  ///< the part of `rounding` that comes from perturbing backward
  bool in_both = false;      ///< whether backward ran in both precisions for `rounding`
  const Values<double>& judged() const { return float32.empty() ? values : float32; }
};
Gradients analytic_gradients(const Network& network, const EvaluationPoint& point, ValueId target,
                             Tensor upstream, const CheckOptions& options);

/// Runs backward in long double as well, and measures `rounding` by it, where that is still to be
/// done: in a large network a generous bound on the rounding serves until something is in doubt.
void measure_rounding(const Network& network, const EvaluationPoint& point, ValueId target,
                      const CheckOptions& options, Gradients& gradients);

/// Whether a network is so large that its tensors are swept, and that work in long double is put
/// off until it is needed.
bool is_large(const Network& network);

/// An upstream for a target of that shape: 1 for a single number; otherwise random, signed, between
/// ½ and 1 in size, so that nothing cancels or hides.
Tensor upstream_for(const Shape& shape, std::uint64_t seed);

/// The same for an output of a layer in that precision. A layer in float32 is handed numbers of 12
/// digits, so that sums and small multiples of them are none that it has to round first.
Tensor upstream_for(const Shape& shape, std::uint64_t seed, Precision precision);

/// d(to)/d(from), row by row: shape of `to`, then shape of `from`. Throws ShapeError where it is
/// too large.
struct AnalyticJacobian {
  Tensor judged;  ///< in float32, if that is what is to be judged
  Tensor rounding;
  std::optional<Tensor> in_double;  ///< only where `judged` is in float32
};
AnalyticJacobian analytic_jacobian(const Network& network, const EvaluationPoint& point, ValueId to,
                                   ValueId from, const CheckOptions& options);

}  // namespace gradcheck
