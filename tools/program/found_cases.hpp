#pragma once

#include <string>
#include <vector>

#include <gradcheck/cases/run.hpp>

namespace gradcheck::program {

/// find_cases(), with a line on standard error for each folder without cases, and one where the
/// filter leaves nothing.
FoundCases find_or_complain(const std::vector<std::string>& paths, const std::string& filter,
                            const std::vector<std::string>& exclude = {});

}  // namespace gradcheck::program
