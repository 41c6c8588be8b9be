#pragma once

#include <string>
#include <string_view>

#include <gradcheck/report/table.hpp>
#include <gradcheck/report/text.hpp>

namespace gradcheck {

/// Narrower terminals are treated as if they had this many columns.
inline constexpr std::size_t least_width = 40;
/// Where ids and the text of details begin; before it stand verdicts and labels.
inline constexpr std::size_t detail_column = 14;

/// Collects the details below a headline: paragraphs with a label on their left, and tables.
class Paragraphs {
 public:
  explicit Paragraphs(const TextStyle& style);

  /// The text wrapped beside its label, on a narrow terminal below it; its line ends are kept.
  void add(std::string_view label, Ink ink, std::string_view text);
  /// One line as it is, from the first column on.
  void add_line(std::string_view text);
  void add_table(const Table& table);
  const std::string& text() const { return out_; }

 private:
  void add_below(std::string_view label, Ink ink, std::string_view text);

  std::string out_;
  std::size_t width_;
  bool color_;
};

}  // namespace gradcheck
