#pragma once

#include <cstdint>
#include <optional>

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

/// Entries of a value, each moved alone from one end of the network to the other, in double: what a
/// sweep of all of them is held against. Two central differences an entry, nothing refined.
class LoneEntries {
 public:
  /// Graph and point must outlive it.
  LoneEntries(const Graph& graph, const EvaluationPoint& point, ValueId from, ValueId target);

  /// d(target[output]) / d(from[entry]), extrapolated from two steps; from much nearer where a
  /// layer refuses these or makes something of them that is not finite. None where it always does.
  std::optional<Estimate> derivative(std::size_t entry, std::size_t output);

  /// Evaluations of the network so far.
  std::uint64_t probes() const { return probes_; }

 private:
  std::optional<Quotient> quotient(std::size_t entry, double step, std::size_t output);
  std::optional<double> probe(std::size_t entry, double position, std::size_t output);

  const Tensor& base_;
  const Tensor& rounding_errors_;
  double mean_;  ///< size of the entries
  Evaluator<double> evaluator_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
