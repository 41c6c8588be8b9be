// Command lines: words between line ends. Each ends in a status of the contract. What they name
// lies in a folder of its own; no word leads out of it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <program/command_line.hpp>
#include <program/status.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

namespace {

bool enter_folder() {
  char name[] = "/tmp/gradcheck-fuzz-XXXXXX";
  fuzz::require(mkdtemp(name) != nullptr, "a folder can be made");
  std::filesystem::current_path(name);
  std::ofstream("a.toml") << "network = 'L = x * x'\n[inputs]\nx = 3\n";
  std::ofstream("b.toml") << "network = 'L = x *'\n";
  return true;
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words{"gradcheck"};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

int status_of(std::vector<char*>& argv) {
  try {
    return program::run(static_cast<int>(argv.size()), argv.data());
  } catch (const program::UsageError&) {
    return program::status_bad_input;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool entered = enter_folder();
  const std::string_view text = fuzz::text_of(data, size);
  // No other folder, no other process, and no end of a word within it.
  for (const char* const kept_out : {"/", "..", "plugin"}) {
    if (text.find(kept_out) != std::string_view::npos) {
      return -1;
    }
  }
  if (!entered || text.find('\0') != std::string_view::npos) {
    return -1;
  }
  std::vector<std::string> words = words_in(text);
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  const int status = status_of(argv);
  fuzz::require(status >= 0 && status <= 2, "the status is one of the contract");
  return 0;
}
