#pragma once

#include <filesystem>
#include <string>

#include <gradcheck/cases/run.hpp>

namespace gradcheck {

/// The text of a case with the computed values in those claims that are not right, to as many
/// decimals as were printed (six digits where an integer or a formula stood); and the report of the
/// case as it was. All else is left as it is. Throws Error if the case cannot be checked.
struct FilledCase {
  std::string text;
  CaseReport report;
};
FilledCase filled_case(const std::filesystem::path& file, const RunOptions& options);

}  // namespace gradcheck
