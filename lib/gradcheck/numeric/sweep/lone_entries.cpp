#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

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

LoneEntries::LoneEntries(Evaluator<double>& evaluator, const EvaluationPoint& point, ValueId from,
                         ValueId target)
    : base_(point.values[from]),
      target_(point.values[target]),
      rounding_errors_(point.rounding_errors[target]),
      mean_(scale_of<double>(base_)),
      evaluator_(evaluator) {}

double LoneEntries::scale(std::size_t entry) const {
  const double own = std::abs(base_.data()[entry]);
  return own > 0 && own < far_smaller * mean_ ? own : std::max(own, mean_);
}

std::optional<Estimate> LoneEntries::derivative(std::size_t entry, const Tensor& upstream) {
  const double base = base_.data()[entry];
  return extrapolated(
      [&](double by) -> Moved {
        const double there = base + by;
        return {evaluator_.at(entry, there), there - base};
      },
      smaller_step* scale(entry), upstream);
}

std::optional<Estimate> LoneEntries::derivative(std::size_t entry, std::size_t output) {
  Tensor unit = zeros<double>(shape_of(target_));
  unit.data()[output] = 1;
  return derivative(entry, unit);
}

/// Whole units of the entries' last places, so that they move by as much as they are meant to.
Tensor LoneEntries::direction(std::mt19937_64& random) const {
  Tensor direction = empty_like(base_);
  for (std::size_t i = 0; i < direction.size(); ++i) {
    const double x = base_.data()[i], step = smaller_step * scale(i) * signed_part(random);
    direction.data()[i] = ((x + step) - x) / smaller_step;
  }
  return direction;
}

std::optional<Estimate> LoneEntries::derivative_along(const Tensor& direction,
                                                      const Tensor& upstream) {
  return extrapolated(
      [&](double by) -> Moved {
        const auto along = [by](double x, double d) { return x + by * d; };
        return {evaluator_.with(map2(base_, direction, along)), by};
      },
      smaller_step, upstream);
}

std::optional<Estimate> LoneEntries::extrapolated(const Probe& probe, double step,
                                                  const Tensor& upstream) {
  for (int k = 0; k < shrinks; ++k, step *= shrink) {
    const std::optional<Quotient> wide = quotient(probe, 2 * step, upstream);
    const std::optional<Quotient> narrow = quotient(probe, step, upstream);
    if (wide && narrow) {
      return extrapolate(std::array{*wide, *narrow}, 2);
    }
  }
  return std::nullopt;
}

/// The change of the sum is that of its terms, so that nothing is lost to what they have in common.
std::optional<Quotient> LoneEntries::quotient(const Probe& probe, double step,
                                              const Tensor& upstream) {
  const std::optional<Moved> above = finite(probe, step);
  const std::optional<Moved> below = finite(probe, -step);
  if (!above || !below) {
    return std::nullopt;
  }
  const double apart = above->by - below->by;
  long double change = 0;
  double rounding_error = 0;
  for (std::size_t o = 0; o < upstream.size(); ++o) {
    const double u = upstream.data()[o];
    change += static_cast<long double>(u) * (above->target.data()[o] - below->target.data()[o]);
    rounding_error = std::hypot(rounding_error, u * rounding_errors_.data()[o]);
  }
  return Quotient{step, change / apart, 2 * rounding_error / apart};
}

/// None where a layer refuses the move, or the target is not finite.
std::optional<LoneEntries::Moved> LoneEntries::finite(const Probe& probe, double by) {
  ++probes_;
  try {
    Moved moved = probe(by);
    const bool usable =
        std::ranges::all_of(entries(moved.target), [](double v) { return std::isfinite(v); });
    return usable ? std::optional(std::move(moved)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace gradcheck
