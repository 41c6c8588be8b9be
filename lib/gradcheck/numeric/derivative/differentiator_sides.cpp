#include <algorithm>
#include <cmath>

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

/// The target with the aimed value's entries moved by `step` times their share of the direction.
std::vector<double> Differentiator::displaced(const Tensor& direction, double step) {
  ++probes_;
  Tensor moved = point_.values[from_];
  for (std::size_t i = 0; i < moved.size(); ++i) {
    moved.data()[i] += step * direction.data()[i];
  }
  const std::span<const double> y = entries(evaluator_.with(moved));
  return {y.begin(), y.end()};
}

std::vector<Sides> Differentiator::sides(const Tensor& direction) {
  std::vector<Sides> result(rounding_errors_.size());
  std::vector<std::vector<Quotient>> left(result.size()), right(result.size());
  try {
    const std::vector<double> here = displaced(direction, 0);
    for (int k = 0; k < side_steps; ++k) {
      const double step = std::ldexp(first_side_step, -k);
      const std::vector<double> above = displaced(direction, step);
      const std::vector<double> below = displaced(direction, -step);
      for (std::size_t j = 0; j < result.size(); ++j) {
        const long double noise = 2 * static_cast<long double>(rounding_errors_.data()[j]) / step;
        left[j].push_back({step, (static_cast<long double>(here[j]) - below[j]) / step, noise});
        right[j].push_back({step, (static_cast<long double>(above[j]) - here[j]) / step, noise});
        if (!std::isfinite(above[j]) || !std::isfinite(below[j])) {
          return std::vector<Sides>(result.size());
        }
      }
    }
  } catch (const Error&) {
    return result;
  }
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
