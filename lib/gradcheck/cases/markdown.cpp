#include <algorithm>
#include <charconv>
#include <system_error>

#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {
namespace {

constexpr std::string_view opening = "gradcheck";
constexpr std::size_t least_marks = 3;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return lines;
    }
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::size_t last = line.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? "" : line.substr(first, last - first + 1);
}

/// A line of three marks or more, ` or ~, with what follows them.
struct Fence {
  char mark = 0;
  std::size_t marks = 0;
  std::string_view info;

  explicit Fence(std::string_view line) {
    line = trimmed(line);
    if (line.starts_with("```") || line.starts_with("~~~")) {
      mark = line[0];
      marks = std::min(line.find_first_not_of(mark), line.size());
      info = trimmed(line.substr(marks));
    }
  }

  bool opens() const { return marks >= least_marks; }
  bool opens_case() const {
    return opens() && info.substr(0, info.find_first_of(" \t{")) == opening;
  }
  bool closes(const Fence& open) const {
    return mark == open.mark && marks >= open.marks && info.empty();
  }
};

}  // namespace

std::vector<std::size_t> fences_in(std::string_view markdown) {
  const std::vector<std::string_view> lines = lines_of(markdown);
  std::vector<std::size_t> found;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const Fence fence(lines[k]);
    if (!fence.opens()) {
      continue;
    }
    if (fence.opens_case()) {
      found.push_back(k + 1);
    }
    while (k + 1 < lines.size() && !Fence(lines[++k]).closes(fence)) {
    }
  }
  return found;
}

std::string fenced_text(std::string_view markdown, std::size_t fence) {
  const std::vector<std::string_view> lines = lines_of(markdown);
  if (fence > lines.size() || !Fence(lines[fence - 1]).opens_case()) {
    throw LocatedError({fence, 1}, "no case is fenced there, expected a line ```gradcheck");
  }
  const Fence open(lines[fence - 1]);
  std::string text(fence, '\n');
  for (std::size_t k = fence; k < lines.size() && !Fence(lines[k]).closes(open); ++k) {
    text.append(lines[k]).append("\n");
  }
  return text;
}

std::pair<std::filesystem::path, std::size_t> fenced_place(const std::filesystem::path& path) {
  const std::string text = path.string();
  const std::size_t colon = text.rfind(':');
  std::size_t line = 0;
  std::error_code error;
  if (colon == std::string::npos || !text.substr(0, colon).ends_with(".md") ||
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), line).ptr !=
          text.data() + text.size() ||
      line == 0 || std::filesystem::exists(path, error)) {
    return {path, 0};
  }
  return {text.substr(0, colon), line};
}

}  // namespace gradcheck
