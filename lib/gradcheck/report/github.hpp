#pragma once

#include <string>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// The report as workflow commands, which GitHub shows as annotations at the lines of a file:
/// errors for what fails the run, warnings for what is inconclusive where that is allowed, notices
/// for claims off in their last digit. The worst come first, and of each kind there are at most
/// ten, for GitHub shows no more of a step; the tenth counts the others. Nothing to say: an empty
/// text.
std::string to_github(const Report& report, bool allow_inconclusive = false);

}  // namespace gradcheck
