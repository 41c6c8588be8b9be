#include <algorithm>
#include <iterator>

#include <utf8proc.h>

#include <gradcheck/report/display.hpp>

namespace gradcheck {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026, one column

/// What a reader sees as one character: a base with its marks, a syllable of Hangul letters.
struct Cluster {
  std::string_view bytes;
  std::size_t width = 0;
};

std::size_t width_of(int code_point) {
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code_point)));
}

/// No cluster takes more than two columns, whatever the widths of its parts add up to.
std::vector<Cluster> clusters_of(std::string_view text) {
  std::vector<Cluster> clusters;
  int previous = -1;
  utf8proc_int32_t state = 0;
  for_each_code_point(text, [&](std::string_view bytes, int code) {
    if (clusters.empty() || utf8proc_grapheme_break_stateful(previous, code, &state)) {
      clusters.push_back({bytes, 0});
    } else {
      Cluster& last = clusters.back();
      last.bytes = {last.bytes.data(), last.bytes.size() + bytes.size()};
    }
    clusters.back().width = std::min<std::size_t>(2, clusters.back().width + width_of(code));
    previous = code;
  });
  return clusters;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool turns_direction(int code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_blank(int code) {
  return code == '\n' || code == '\r' || code == '\t' || code == 0x2028 || code == 0x2029;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) {
      return parts;
    }
    begin = end + 1;
  }
}

/// The words of a text. What is joined by brackets, "W[1, 1]", is one, if it fits into `width`.
std::vector<std::string> words_of(std::string_view text, std::size_t width) {
  std::vector<std::string> words;
  std::ptrdiff_t depth = 0;  // of brackets
  for (std::string_view part : split(text, ' ')) {
    if (depth > 0 && display_width(words.back()) + 1 + display_width(part) <= width) {
      words.back().append(" ").append(part);
    } else {
      words.emplace_back(part);
    }
    depth += std::count(part.begin(), part.end(), '[');
    depth -= std::count(part.begin(), part.end(), ']');
    depth = std::max<std::ptrdiff_t>(depth, 0);
  }
  return words;
}

/// Appends the wrapped lines of one paragraph; the blanks that it begins with are kept.
void wrap_paragraph(std::string_view text, std::size_t width, std::vector<std::string>& lines) {
  std::string line;
  std::size_t used = 0;
  bool first = true;
  for (const std::string& word : words_of(text, width)) {
    const std::size_t word_width = display_width(word);
    if (!first && !word.empty() && used + 1 + word_width > width && used > 0) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
      first = true;
    }
    line += first ? "" : " ";
    line += word;
    used += word_width + (first ? 0 : 1);
    first = false;
  }
  lines.push_back(std::move(line));
}

}  // namespace

void for_each_code_point(std::string_view text,
                         const std::function<void(std::string_view, int)>& visit) {
  while (!text.empty()) {
    utf8proc_int32_t code = -1;
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto read = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code);
    const std::size_t length = read > 0 ? static_cast<std::size_t>(read) : 1;
    visit(text.substr(0, length), read > 0 ? code : -1);
    text.remove_prefix(length);
  }
}

std::string printable(std::string_view text) {
  if (is_ascii(text)) {
    return std::string(text);
  }
  std::string out;
  for_each_code_point(text, [&](std::string_view bytes, int code) {
    if (is_blank(code)) {
      out += ' ';
    } else if (code < 0 || utf8proc_category(code) == UTF8PROC_CATEGORY_CC ||
               turns_direction(code)) {
      out += replacement;
    } else {
      out += bytes;
    }
  });
  return out;
}

std::size_t leading_blanks(std::string_view text) {
  std::size_t bytes = 0;
  bool leading = true;
  for_each_code_point(text, [&](std::string_view one, int code) {
    leading =
        leading && code >= 0 && (is_blank(code) || utf8proc_category(code) == UTF8PROC_CATEGORY_ZS);
    bytes += leading ? one.size() : 0;
  });
  return bytes;
}

std::size_t display_width(std::string_view text) {
  if (is_ascii(text)) {
    return text.size();
  }
  std::size_t width = 0;
  for (const Cluster& cluster : clusters_of(text)) {
    width += cluster.width;
  }
  return width;
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  std::string out;
  std::size_t used = 1;
  for (const Cluster& cluster : clusters_of(text)) {
    used += cluster.width;
    if (used > width) {
      break;
    }
    out += cluster.bytes;
  }
  return width == 0 ? "" : out.append(ellipsis);
}

std::string cut_front(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) {
    return std::string(text);
  }
  const std::vector<Cluster> clusters = clusters_of(text);
  std::size_t used = 1;
  auto first = clusters.end();
  while (first != clusters.begin() && used + std::prev(first)->width <= width) {
    used += (--first)->width;
  }
  std::string out = width == 0 ? "" : std::string(ellipsis);
  for (; first != clusters.end(); ++first) {
    out += first->bytes;
  }
  return out;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(width > used ? width - used : 0, ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (std::string_view paragraph : split(text, '\n')) {
    wrap_paragraph(paragraph, width, lines);
  }
  return lines;
}

}  // namespace gradcheck
