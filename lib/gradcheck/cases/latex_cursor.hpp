#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// A place that moves through a LaTeX text. White space, commands for it, and the signs around a
/// formula are passed over.
class LatexCursor {
 public:
  /// `where` names the text in messages: "claims.forward.z".
  LatexCursor(std::string_view text, Position origin, std::string where)
      : text_(text), origin_(origin), where_(std::move(where)) {}

  std::string_view text() const { return text_; }
  std::string_view rest() const { return text_.substr(i_); }
  std::size_t place() const { return i_; }
  void move_to(std::size_t place) { i_ = place; }
  Position origin() const { return origin_; }

  void skip_space();
  /// Whether the piece comes next; a command only as a whole.
  bool at(std::string_view piece);
  bool accept(std::string_view piece);
  void expect(std::string_view piece);
  std::string word_in_braces();
  void expect_end();

  /// Throws LocatedError "where: LaTeX has <what comes next>, expected <expected>".
  [[noreturn]] void fail(const std::string& expected);
  [[noreturn]] void fail_at(std::size_t place, const std::string& message) const;

 private:
  std::string next_text();

  std::string_view text_;
  Position origin_;
  std::string where_;
  std::size_t i_ = 0;
};

}  // namespace gradcheck
