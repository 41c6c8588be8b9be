#include <algorithm>
#include <array>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/paint.hpp>
#include <gradcheck/report/safe_text.hpp>

namespace gradcheck {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
/// What follows the first '#' of a command of Azure Pipelines, GitHub (an old form) and TeamCity.
constexpr std::array<std::string_view, 3> commands{"#[", "#vso[", "#teamcity["};

std::string printable_but_for_colors(std::string_view line) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = line.find('\x1b'); at != std::string_view::npos;
       at = line.find('\x1b', at + 1)) {
    if (const std::size_t length = color_code_length(line.substr(at)); length > 0) {
      out += printable(line.substr(begin, at - begin));
      out += line.substr(at, length);
      begin = at + length;
    }
  }
  return out + printable(line.substr(begin));
}

bool begins_command(std::string_view rest) {
  return std::ranges::any_of(commands, [&](auto one) { return rest.starts_with(one); });
}

void break_commands(std::string& line) {
  for (std::size_t at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1)) {
    if (begins_command(std::string_view(line).substr(at + 1))) {
      line.insert(at + 1, replacement);
    }
  }
  const std::size_t colons = line.find("::");
  if (colons != std::string::npos && leading_blanks(line) == colons) {
    line.insert(colons, replacement);
  }
}

std::string safe_line(std::string_view line, bool color) {
  std::string out = color ? printable_but_for_colors(line) : printable(line);
  break_commands(out);
  return out;
}

}  // namespace

std::string safe_text(std::string_view text, bool color) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('\n', begin);
    out += safe_line(text.substr(begin, end - begin), color);
    if (end == std::string_view::npos) {
      return out;
    }
    out += '\n';
    begin = end + 1;
  }
}

}  // namespace gradcheck
