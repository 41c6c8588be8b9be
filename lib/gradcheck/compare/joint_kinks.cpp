#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include <gradcheck/compare/joint_kinks.hpp>

namespace gradcheck {

namespace {

constexpr int directions = 4;
/// Slopes along a direction are known to this part of their terms, and their bounds.
constexpr long double slack = 1e-5L;

/// Of one output along one direction.
struct Sums {
  long double analytic = 0;
  long double left = 0;   ///< of the entries' own derivatives, as if they did not interact
  long double right = 0;  ///< the same
  long double size = 0;
};

Sums sums_along(const Tensor& direction, const std::vector<KinkedEntry>& kinked,
                const Tensor& analytic, std::size_t output) {
  Sums sums;
  for (const KinkedEntry& each : kinked) {
    const long double d = direction.data()[each.entry];
    const Sides& sides = each.sides[output];
    const long double a = analytic.data()[output * direction.size() + each.entry];
    sums.analytic += a * d;
    sums.right += d * (d > 0 ? sides.right.value : sides.left.value);
    sums.left += d * (d > 0 ? sides.left.value : sides.right.value);
    sums.size += std::abs(d) *
                 std::max({std::abs(a), std::abs(sides.left.value), std::abs(sides.right.value)});
  }
  return sums;
}

bool outside(const Sums& sums, const Sides& along) {
  const long double tolerance = slack * sums.size + along.left.bound() + along.right.bound();
  const bool add_up = std::abs(sums.left - along.left.value) <= tolerance &&
                      std::abs(sums.right - along.right.value) <= tolerance;
  const auto [low, high] = std::minmax(along.left.value, along.right.value);
  return !add_up && (sums.analytic < low - tolerance || sums.analytic > high + tolerance);
}

}  // namespace

std::string joint_kinks_reason(Differentiator& differentiator,
                               const std::vector<KinkedEntry>& kinked, const Tensor& analytic,
                               const Shape& shape) {
  if (kinked.size() < 2) {
    return {};
  }
  std::minstd_rand random;
  for (int k = 0; k < directions; ++k) {
    Tensor direction = zeros<double>(shape);
    for (const KinkedEntry& each : kinked) {
      const bool up = k == 0 || random() % 2 == 0;
      direction.data()[each.entry] = differentiator.scale(each.entry) * (up ? 1 : -1);
    }
    const std::vector<Sides> along = differentiator.sides(direction);
    for (std::size_t j = 0; j < along.size(); ++j) {
      if (outside(sums_along(direction, kinked, analytic, j), along[j])) {
        return fmt::format(
            "taken together, the gradients of {} entries at kinks lie outside of the derivatives "
            "of "
            "both sides, though each by itself does not (a tie whose sides get more, or less, than "
            "the gradient between them?)",
            kinked.size());
      }
    }
  }
  return {};
}

}  // namespace gradcheck
