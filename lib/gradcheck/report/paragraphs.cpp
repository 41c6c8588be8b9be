#include <algorithm>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/paragraphs.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t indent = 2;
/// In fewer columns a text stands below its label.
constexpr std::size_t narrow_width = 60;

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find('\n', begin);
    out += printable(text.substr(begin, end - begin));
    if (end == std::string_view::npos) {
      return out;
    }
    out += '\n';
    begin = end + 1;
  }
}

}  // namespace

Paragraphs::Paragraphs(const TextStyle& style)
    : width_(std::max(style.width, least_width)), color_(style.color) {}

void Paragraphs::add(std::string_view label, Ink ink, std::string_view text) {
  if (width_ < narrow_width) {
    add_below(label, ink, text);
    return;
  }
  bool first = true;
  for (const std::string& line : wrap(printable_lines(text), width_ - detail_column)) {
    const std::string margin =
        first ? pad_right(label, detail_column - indent) : std::string(detail_column - indent, ' ');
    out_.append(indent, ' ').append(paint(margin, ink, color_)).append(line).append("\n");
    first = false;
  }
}

void Paragraphs::add_below(std::string_view label, Ink ink, std::string_view text) {
  if (!label.empty()) {
    out_.append(indent, ' ').append(paint(label, ink, color_)).append("\n");
  }
  for (const std::string& line : wrap(printable_lines(text), width_ - 2 * indent)) {
    out_.append(2 * indent, ' ').append(line).append("\n");
  }
}

void Paragraphs::add_line(std::string_view text) { out_ += printable(text) + "\n"; }

void Paragraphs::add_table(const Table& table) { out_ += table.text(indent, width_, color_); }

}  // namespace gradcheck
