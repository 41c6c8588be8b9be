#include "found_cases.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>

#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {

FoundCases find_or_complain(const std::vector<std::string>& paths, const std::string& filter) {
  if (std::find(paths.begin(), paths.end(), "") != paths.end()) {
    throw UsageError("PATH: has <>, expected a file or folder");
  }
  const FoundCases found = find_cases({paths.begin(), paths.end()}, filter);
  for (const auto& folder : found.empty) {
    standard_error().write(printable(folder.string()) + ": no case (*.toml) found\n");
  }
  if (found.files.empty() && found.empty.empty()) {
    standard_error().write(
        fmt::format("gradcheck: no case matches --filter '{}'\n", printable(filter)));
  }
  return found;
}

}  // namespace gradcheck::program
