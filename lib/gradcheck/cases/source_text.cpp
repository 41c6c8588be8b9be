#include <algorithm>

#include <gradcheck/cases/source_text.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Where the string ends whose quotes open at i; a string of one line that is not closed ends with
// its line.
std::size_t end_of_string(std::string_view text, std::size_t i) {
  const char quote = text[i];
  const std::string triple(3, quote);
  const bool long_string = text.substr(i).starts_with(triple);
  const std::string_view closing = long_string ? std::string_view(triple) : text.substr(i, 1);
  for (i += closing.size(); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text.substr(i).starts_with(closing)) {
      return i + closing.size();
    } else if (text[i] == '\n' && !long_string) {
      return i;
    }
  }
  return text.size();
}

std::size_t length_of_escape(std::string_view raw) {
  const char kind = raw.size() > 1 ? raw[1] : ' ';
  return std::min(raw.size(), std::size_t(kind == 'u' ? 6 : kind == 'U' ? 10 : 2));
}

bool is_line_end_escaped(std::string_view raw) {
  const std::size_t next = raw.find_first_not_of(" \t\r", 1);
  return next != std::string_view::npos && raw[next] == '\n';
}

// A basic string's value, walked along its source. The newline of an escape ends no line of the
// file: it becomes a carriage return. A line's end that is escaped away does: it is kept, with its
// backslash.
std::string with_lines_of(std::string_view raw, std::string_view value) {
  std::string text;
  std::size_t v = 0;
  for (std::size_t i = 0; i < raw.size() && v <= value.size();) {
    if (raw[i] == '\\' && is_line_end_escaped(raw.substr(i))) {
      const std::size_t end = std::min(raw.size(), raw.find_first_not_of(" \t\r\n", i + 1));
      for (const char c : raw.substr(i + 1, end - i - 1)) {
        text += c == '\n' ? "\\\n" : c == '\r' ? "" : std::string(1, c);
      }
      i = end;
    } else if (raw[i] == '\\' && v < value.size()) {
      const std::size_t length = length_of_escape(raw.substr(i));
      const bool blank = value[v] == '\n' || value[v] == '\r' || value[v] == '\t';
      text += value[v] == '\n' ? '\r' : value[v];
      for (++v; v < value.size() && is_continuation(value[v]); ++v) {
        text += value[v];
      }
      text += blank ? std::string(length - 1, ' ') : "";
      i += length;
    } else if (raw[i] == '\r') {
      ++i;  // toml++ leaves it out too
    } else {
      text += raw[i++];
      ++v;
    }
  }
  return text;
}

}  // namespace

std::string too_large(std::size_t bytes) {
  return "the file has " + std::to_string(bytes) + " bytes, expected at most " +
         std::to_string(max_case_file);
}

void check_toml_depth(std::string_view text) {
  std::size_t dots = 0;
  std::size_t depth = 0;
  const auto refuse = [&](std::size_t i, const std::string& message) {
    throw LocatedError(after({1, 1}, text.substr(0, i)), message);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = end_of_string(text, i) - 1;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '.' && ++dots > max_key_dots) {
      refuse(i, "a key may have at most " + std::to_string(max_key_dots) + " dots");
    } else if (c == '\n' || c == '=' || c == ',' || c == ']' || c == '}') {
      dots = 0;
      depth -= (c == ']' || c == '}') && depth > 0 ? 1 : 0;
    } else if ((c == '[' || c == '{') && ++depth > max_file_nesting) {
      refuse(i, "arrays and tables may nest at most " + std::to_string(max_file_nesting) +
                    " levels deep");
    }
  }
}

SourceText::SourceText(std::string_view text, std::filesystem::path folder)
    : text_(text), folder_(std::move(folder)) {
  if (text_.starts_with("\xEF\xBB\xBF")) {
    text_.remove_prefix(3);
  }
  lines_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') {
      lines_.push_back(i + 1);
    }
  }
}

std::string_view SourceText::from(Position at) const {
  if (at.line != last_.line || at.column < last_.column) {
    last_ = {std::clamp<std::size_t>(at.line, 1, lines_.size()), 1};
    last_offset_ = lines_[last_.line - 1];
  }
  while (last_.column < at.column && last_offset_ < text_.size()) {
    do {
      ++last_offset_;
    } while (last_offset_ < text_.size() && is_continuation(text_[last_offset_]));
    ++last_.column;
  }
  return text_.substr(last_offset_);
}

std::string_view SourceText::number(Position at) const {
  const std::string_view rest = from(at);
  return rest.substr(0, std::min(rest.size(), rest.find_first_of(" \t\r\n,]}#")));
}

Position SourceText::inside(Position at) const {
  const std::string_view rest = from(at);
  if (!rest.starts_with('"') && !rest.starts_with('\'')) {
    return at;
  }
  if (!rest.starts_with("\"\"\"") && !rest.starts_with("'''")) {
    return {at.line, at.column + 1};
  }
  const std::string_view body = rest.substr(3);
  const bool trimmed = body.starts_with("\n") || body.starts_with("\r\n");
  return trimmed ? Position{at.line + 1, 1} : Position{at.line, at.column + 3};
}

Program SourceText::program(Position open, Position close, const std::string& value) const {
  const Position first = inside(open);
  const std::string_view opening = from(open);
  if (!opening.starts_with('"')) {
    return {value, first};
  }
  const std::string_view body = from(first);
  const std::size_t end = text_.size() - from(close).size();
  const std::size_t quotes = opening.starts_with("\"\"\"") && !value.empty() ? 3 : 1;
  const std::size_t begin = text_.size() - body.size();
  const std::string_view raw = text_.substr(begin, end - std::min(end - begin, quotes) - begin);
  return {raw.find('\\') == std::string_view::npos ? value : with_lines_of(raw, value), first};
}

}  // namespace gradcheck
