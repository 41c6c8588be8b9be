#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <gradcheck/report/annotations.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/github.hpp>
#include <gradcheck/report/numbers.hpp>

namespace gradcheck {
namespace {

/// GitHub shows this many annotations of a kind in each step.
constexpr std::size_t most_of_a_kind = 10;

/// The text with the bytes of `reserved` in the form from which GitHub restores them.
std::string escaped(std::string_view text, std::string_view reserved) {
  std::string out;
  for (const char c : text) {
    if (reserved.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string escaped_message(std::string_view text) { return escaped(text, "%\r\n"); }
std::string escaped_property(std::string_view text) { return escaped(text, "%\r\n:,"); }

/// Line by line, since printable() makes one line of all.
std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += (begin == 0 ? "" : "\n") + printable(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string command(const char* kind, const Annotation& one) {
  std::string out = fmt::format("::{} ", kind);
  if (!one.file.empty()) {
    out += fmt::format("file={},", escaped_property(printable(one.file)));
  }
  if (!one.file.empty() && one.line > 0) {
    out += fmt::format("line={},col={},", one.line, one.column);
  }
  return out + fmt::format("title={}::{}\n", escaped_property(printable(one.title)),
                           escaped_message(printable_lines(one.message)));
}

/// The worst first; among equals the order is that of the report.
std::string commands(const char* kind, std::vector<Annotation> all) {
  std::ranges::stable_sort(all, [](const Annotation& a, const Annotation& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.size > b.size;
  });
  const std::size_t shown = all.size() > most_of_a_kind ? most_of_a_kind - 1 : all.size();
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    out += command(kind, all[i]);
  }
  if (shown < all.size()) {
    const std::string more = counted(all.size() - shown, "more", "more");
    out += command(kind, {.title = "and " + more,
                          .message = more + " of this kind; the text report has them all"});
  }
  return out;
}

}  // namespace

std::string to_github(const Report& report, bool allow_inconclusive) {
  Annotations all = annotations_of(report, allow_inconclusive);
  return commands("error", std::move(all.errors)) + commands("warning", std::move(all.warnings)) +
         commands("notice", std::move(all.notices));
}

}  // namespace gradcheck
