#pragma once

#include <cstddef>
#include <string>

#include <gradcheck/cases/run.hpp>

namespace gradcheck {

/// A line of at most `width` columns about a run that is under way:
/// "3/40 cases/deep  W1  12,345 of 39,760 entries  1.2k/s  23 s left". Where that is too wide, the
/// beginning of the id is left out, then the rate, the tensor's name and the entries.
std::string progress_text(const CaseProgress& progress, std::size_t width);

}  // namespace gradcheck
