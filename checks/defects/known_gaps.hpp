#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gradcheck::defects {

/// What the engine does not manage today, by the names of examinations: defects that it misses and
/// right networks about which it does not agree, at seed 0 or 1. The checks hold it to exactly
/// these: one more is a regression, one that is mended must be taken off the list.
const std::vector<std::string>& known_gaps();

/// In random networks with right backwards: entries that are accused, to be 0, and entries of
/// 10,000 whose numeric value is further from the truth than its bound says, to be 1.
inline constexpr std::size_t known_accusations = 1;
inline constexpr double known_violations = 3;

}  // namespace gradcheck::defects
