#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// The smaller step, as a fraction of an entry's scale; the other is twice that.
constexpr double smaller_step = 0x1p-9;
/// Where a layer refuses those, how much smaller ones are tried, and how often.
constexpr double shrink = 0x1p-8;
constexpr int shrinks = 4;
/// Entries smaller than this part of their tensor's mean size move on their own scale.
constexpr double far_smaller = 0x1p-6;

}  // namespace

LoneEntries::LoneEntries(const Graph& graph, const EvaluationPoint& point, ValueId from,
                         ValueId target)
    : base_(point.values[from]),
      rounding_errors_(point.rounding_errors[target]),
      mean_(scale_of<double>(base_)),
      evaluator_(graph, point.values, point.active, ProbeScope::moves) {
  evaluator_.aim(from, target);
}

std::optional<Estimate> LoneEntries::derivative(std::size_t entry, std::size_t output) {
  const double own = std::abs(base_.data()[entry]);
  double step = smaller_step * (own > 0 && own < far_smaller * mean_ ? own : std::max(own, mean_));
  for (int k = 0; k < shrinks; ++k, step *= shrink) {
    const std::optional<Quotient> wide = quotient(entry, 2 * step, output);
    const std::optional<Quotient> narrow = quotient(entry, step, output);
    if (wide && narrow) {
      return extrapolate(std::array{*wide, *narrow}, 2);
    }
  }
  return std::nullopt;
}

std::optional<Quotient> LoneEntries::quotient(std::size_t entry, double step, std::size_t output) {
  const double above = base_.data()[entry] + step, below = base_.data()[entry] - step;
  const std::optional<double> higher = probe(entry, above, output);
  const std::optional<double> lower = probe(entry, below, output);
  if (!higher || !lower) {
    return std::nullopt;
  }
  const double rounding_error = rounding_errors_.data()[output];
  return Quotient{step, (*higher - *lower) / (above - below), 2 * rounding_error / (above - below)};
}

/// An entry of the target; none where a layer refuses the move, or it is not finite.
std::optional<double> LoneEntries::probe(std::size_t entry, double position, std::size_t output) {
  ++probes_;
  try {
    const double y = evaluator_.at(entry, position).data()[output];
    return std::isfinite(y) ? std::optional(y) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace gradcheck
