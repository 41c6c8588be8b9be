#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gradcheck::defects {

/// How often the numeric value is further from the truth than its bound says.
struct Coverage {
  std::size_t entries = 0;
  std::size_t violations = 0;
  std::vector<std::string> worst;  ///< the gravest violations, described

  double per_ten_thousand() const;
};

/// Differentiates random networks of all layers at random scales, numerically as a check would, and
/// compares each entry with the truth: backward in long double, which is confirmed, where it
/// matters, by central differences of very high order.
Coverage cover_bounds(std::uint64_t seed);

}  // namespace gradcheck::defects
