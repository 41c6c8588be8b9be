#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/cases/case_file.hpp>

namespace gradcheck {

/// "the file has 17000000 bytes, expected at most 16777216"
std::string too_large(std::size_t bytes);

/// Throws LocatedError where a text would exhaust the stack of the TOML parser: keys of more than
/// 64 parts, brackets more than 64 deep.
void check_toml_depth(std::string_view text);

/// The text of a case file by line and column, without its byte order mark, and the folder that
/// paths in it start from.
class SourceText {
 public:
  explicit SourceText(std::string_view text, std::filesystem::path folder = {});

  std::string_view text() const { return text_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// From that place on to the end of the file.
  std::string_view from(Position at) const;
  /// The number that begins there, as written.
  std::string_view number(Position at) const;
  /// The value of the string whose quotes open and close there, with the place of its first
  /// character. Escaped line ends are rewritten so that the network language's places are those in
  /// the file.
  Program program(Position open, Position close, const std::string& value) const;
  /// The place of the first character of a string or key that begins there: after its quotes, if
  /// any.
  Position inside(Position at) const;

 private:
  std::string_view text_;
  std::filesystem::path folder_;
  std::vector<std::size_t> lines_;  // where each begins
  // The place asked for last: values come in order, so a long line is walked once.
  mutable Position last_{1, 1};
  mutable std::size_t last_offset_ = 0;
};

}  // namespace gradcheck
