#pragma once

#include <string>
#include <vector>

namespace gradcheck::defects {

/// What the engine does not manage today, by the names of examinations: defects that it misses and
/// right networks about which it does not agree, at seed 0 or 1. The checks hold it to exactly
/// these: one more is a regression, one that is mended must be taken off the list.
const std::vector<std::string>& known_gaps();

}  // namespace gradcheck::defects
