#include "found_cases.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>

#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {

namespace {

std::string hint_for(const std::string& filter) {
  return filter.find_first_of("*?[") == std::string::npos
             ? fmt::format("; it is held against the whole id, try '*{}*'", printable(filter))
             : "";
}

}  // namespace

FoundCases find_or_complain(const std::vector<std::string>& paths, const std::string& filter,
                            const std::vector<std::string>& exclude) {
  if (std::find(paths.begin(), paths.end(), "") != paths.end()) {
    throw UsageError("PATH: has <>, expected a file or folder");
  }
  const FoundCases found = find_cases({paths.begin(), paths.end()}, filter, exclude);
  for (const auto& folder : found.empty) {
    standard_error().write(printable(folder.string()) + ": no case (*.toml) found\n");
  }
  if (found.passed_over > 0) {
    standard_error().write(fmt::format("gradcheck: {} passed over: none of a case's keys in it\n",
                                       counted(found.passed_over, "*.toml file", "*.toml files")));
  }
  if (found.files.empty() && found.left_out > 0) {
    standard_error().write(fmt::format("gradcheck: no case matches --filter '{}'{}\n",
                                       printable(filter), hint_for(filter)));
  }
  return found;
}

}  // namespace gradcheck::program
