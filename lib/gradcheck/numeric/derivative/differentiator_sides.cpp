#include <algorithm>
#include <cmath>
#include <optional>

#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

// One-sided quotients at these steps, as fractions of the scale, in double: a layer that cannot say
// its branches is its user's own, in its own precision.
constexpr double first_side_step = 0x1p-14;
constexpr int side_steps = 6;

}  // namespace

/// The target with the aimed value's entries moved by `step` times their share of the direction;
/// none if a layer refuses that.
std::optional<std::vector<double>> Differentiator::displaced(const Tensor& direction, double step) {
  ++probes_;
  Tensor moved = point_.values[from_];
  for (std::size_t i = 0; i < moved.size(); ++i) {
    moved.data()[i] += step * direction.data()[i];
  }
  try {
    const std::span<const double> y = entries(evaluator_.with(moved));
    return std::vector<double>(y.begin(), y.end());
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Quotients over one side, an output each; none of an output that is not finite there.
std::vector<std::vector<Quotient>> Differentiator::quotients_of_side(
    const Tensor& direction, const std::vector<double>& here, double sign) {
  std::vector<std::vector<Quotient>> side(here.size());
  std::vector<bool> usable(here.size(), true);
  for (int k = 0; k < side_steps; ++k) {
    const double step = std::ldexp(first_side_step, -k);
    const auto there = displaced(direction, sign * step);
    for (std::size_t j = 0; j < here.size(); ++j) {
      usable[j] = usable[j] && there && std::isfinite((*there)[j]);
      if (usable[j]) {
        const long double rise = static_cast<long double>((*there)[j]) - here[j];
        const long double noise = 2 * static_cast<long double>(rounding_errors_.data()[j]) / step;
        side[j].push_back({step, sign * rise / step, noise});
      } else {
        side[j].clear();
      }
    }
  }
  return side;
}

std::vector<Sides> Differentiator::sides(const Tensor& direction) {
  std::vector<Sides> result(rounding_errors_.size());
  const std::optional<std::vector<double>> here = displaced(direction, 0);
  if (!here) {
    return result;
  }
  const auto left = quotients_of_side(direction, *here, -1);
  const auto right = quotients_of_side(direction, *here, 1);
  for (std::size_t j = 0; j < result.size(); ++j) {
    result[j] = sides_of(left[j], right[j]);
  }
  return result;
}

std::vector<Sides> Differentiator::sides(std::size_t entry) {
  const double own = std::abs(point_.values[from_].data()[entry]);
  const double scale = own > 0 ? std::min(own, scales_.data()[entry]) : scales_.data()[entry];
  Tensor direction = zeros<double>(shape_of(scales_));
  direction.data()[entry] = scale;
  std::vector<Sides> result = sides(direction);
  for (Sides& each : result) {
    for (Estimate* derivative : {&each.left, &each.right}) {
      *derivative = {derivative->value / scale, derivative->truncation / scale,
                     derivative->rounding / scale};
    }
  }
  return result;
}

}  // namespace gradcheck
