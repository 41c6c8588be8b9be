#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/sides.hpp>

namespace gradcheck {

namespace {

/// Halving the step multiplies the quotients of a jump by 2, those of a cusp |x|^p by 2^(1 − p):
/// this is p = 0.9.
constexpr long double growth = 1.07L;
/// Slopes whose bounds are above this part of them are not known.
constexpr long double known = 0.01L;
/// Slopes that differ by less than this part of them are one.
constexpr long double apart = 1e-6L;

bool grows(const std::vector<Quotient>& quotients) {
  if (quotients.empty()) {
    return false;
  }
  for (std::size_t k = 1; k < quotients.size(); ++k) {
    const long double before = std::abs(quotients[k - 1].derivative) + quotients[k - 1].rounding;
    if (!(std::abs(quotients[k].derivative) - quotients[k].rounding > growth * before)) {
      return false;
    }
  }
  return true;
}

/// NaN where the function ends.
Estimate one_sided(const std::vector<Quotient>& quotients) {
  constexpr long double none = std::numeric_limits<long double>::quiet_NaN();
  return quotients.empty() ? Estimate{none, 0, 0} : extrapolate(quotients, 1);
}

}  // namespace

Sides sides_of(const std::vector<Quotient>& left, const std::vector<Quotient>& right) {
  Sides sides{Feature::smooth, one_sided(left), one_sided(right)};
  if (grows(left) || grows(right)) {
    sides.feature = Feature::jump;
    return sides;
  }
  if (left.empty() || right.empty()) {
    return sides;
  }
  const long double size = std::max(std::abs(sides.left.value), std::abs(sides.right.value));
  const long double bound = sides.left.bound() + sides.right.bound();
  if (bound <= known * size &&
      std::abs(sides.left.value - sides.right.value) > bound + apart * size) {
    sides.feature = Feature::kink;
  }
  return sides;
}

}  // namespace gradcheck
