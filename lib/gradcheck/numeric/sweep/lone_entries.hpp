#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

/// Entries of a value, each moved alone through the network, or all of them together in one
/// direction, in double: what a sweep is compared with. Two central differences of
/// Σ upstream · target each, nothing refined.
class LoneEntries {
 public:
  /// Of an evaluator at that point, aimed so. Both must outlive it.
  LoneEntries(Evaluator<double>& evaluator, const EvaluationPoint& point, ValueId from,
              ValueId target);

  /// The derivative by one entry, extrapolated from two steps; from much nearer where a layer
  /// refuses these or makes something of them that is not finite. None where it always does.
  std::optional<Estimate> derivative(std::size_t entry, const Tensor& upstream);

  /// d(target[output]) / d(from[entry])
  std::optional<Estimate> derivative(std::size_t entry, std::size_t output);

  /// A random direction, of either sign in each entry and on its scale.
  Tensor direction(std::mt19937_64& random) const;

  /// The derivative by s of Σ upstream · target at from + s · direction, at s = 0.
  std::optional<Estimate> derivative_along(const Tensor& direction, const Tensor& upstream);

  /// Evaluations of the network so far.
  std::uint64_t probes() const { return probes_; }

 private:
  /// The target where something is moved, and by how much it was.
  struct Moved {
    Tensor target;
    double by;
  };
  using Probe = std::function<Moved(double)>;

  double scale(std::size_t entry) const;
  std::optional<Estimate> extrapolated(const Probe& probe, double step, const Tensor& upstream);
  std::optional<Quotient> quotient(const Probe& probe, double step, const Tensor& upstream);
  std::optional<Moved> finite(const Probe& probe, double by);

  const Tensor& base_;
  const Tensor& target_;
  const Tensor& rounding_errors_;  ///< of the target
  double mean_;                    ///< size of the entries
  Evaluator<double>& evaluator_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
