// A case file: read, or refused at a line and column of it.
#include <algorithm>

#include <gradcheck/cases/case_file.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  try {
    parse_case_file(text);
  } catch (const LocatedError& error) {
    const auto lines = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    fuzz::require(error.at.line >= 1 && error.at.line <= lines + 1,
                  "an error is at a line of the file");
    fuzz::require(error.what()[0] != '\0', "an error has a message");
  }
  return 0;
}
