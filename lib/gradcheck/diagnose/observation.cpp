#include <algorithm>
#include <cmath>

#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

bool fits(const Observation& seen, std::size_t entry, const Foretold& foretold) {
  const double a = seen.analytic.data()[entry];
  const double p = foretold.value;
  const double rounding = seen.rounding.data()[entry];
  const double tolerance = foretold.bound + (std::isfinite(rounding) ? rounding : 0) +
                           seen.rtol * std::max(std::abs(a), std::abs(p));
  return std::isfinite(a) && std::isfinite(p) && std::isfinite(foretold.bound) &&
         std::abs(a - p) <= tolerance;
}

Foretold right_value(const Observation& seen, std::size_t entry) {
  return {seen.numeric.data()[entry], seen.bound.data()[entry]};
}

std::vector<std::size_t> disagreeing_entries(const Observation& seen) {
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!fits(seen, i, right_value(seen, i))) {
      entries.push_back(i);
    }
  }
  return entries;
}

}  // namespace gradcheck
