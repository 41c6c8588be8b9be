#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gradcheck::defects {

/// How often the numeric value is further from the truth than its bound says.
struct Coverage {
  std::size_t networks = 0;
  std::size_t entries = 0;
  std::size_t violations = 0;
  std::size_t disagreeing = 0;        ///< entries that were accused, though the backward is right
  std::size_t inconclusive = 0;       ///< entries about which nothing was said
  std::vector<std::string> failures;  ///< networks that could not be checked, and why
  std::vector<std::string> worst;     ///< the gravest violations, described, gravest first

  double per_ten_thousand() const;
};

/// Checks random networks of all layers at random scales, and compares the numeric value of each
/// entry with the truth: the closed forms of backward in long double, from the same point. Every
/// second network is checked with rtol = 1e-12, so that the bounds of escalated values count too.
/// Networks that are not finite at their point, or of whose values double leaves less than three
/// digits, are passed over.
Coverage cover_bounds(std::uint64_t seed, std::size_t networks);

}  // namespace gradcheck::defects
