#include <array>
#include <cctype>

#include <gradcheck/cases/latex_cursor.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {
namespace {

constexpr std::array spaces{"\\,", "\\;",    "\\:",     "\\!",
                            "\\ ", "\\quad", "\\qquad", "\\displaystyle"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

}  // namespace

void LatexCursor::fail_at(std::size_t place, const std::string& message) const {
  throw LocatedError(after(origin_, text_.substr(0, place)), where_ + ": " + message);
}

void LatexCursor::fail(const std::string& expected) {
  const std::string got = next_text();
  fail_at(i_, "LaTeX has " + got + ", expected " + expected);
}

// What comes next, for a message: a command, or one character.
std::string LatexCursor::next_text() {
  skip_space();
  if (i_ == text_.size()) {
    return "its end";
  }
  std::size_t end = i_ + 1;
  if (text_[i_] == '\\' && end < text_.size() && is_letter(text_[end])) {
    while (end < text_.size() && is_letter(text_[end])) {
      ++end;
    }
  } else if (text_[i_] == '\\' && end < text_.size()) {
    ++end;
  }
  while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) {
    ++end;
  }
  return "'" + std::string(text_.substr(i_, end - i_)) + "'";
}

// White space, commands for it, and the signs around a formula.
void LatexCursor::skip_space() {
  bool moved = true;
  while (moved) {
    moved = false;
    while (i_ < text_.size() &&
           std::string_view(" \t\r\n~$").find(text_[i_]) != std::string_view::npos) {
      ++i_;
    }
    for (const std::string_view space : spaces) {
      const std::size_t end = i_ + space.size();
      const bool longer = is_letter(space.back()) && end < text_.size() && is_letter(text_[end]);
      if (text_.substr(i_).starts_with(space) && !longer) {
        i_ = end;
        moved = true;
      }
    }
  }
}

bool LatexCursor::at(std::string_view piece) {
  skip_space();
  const std::size_t end = i_ + piece.size();
  const bool longer = is_letter(piece.back()) && end < text_.size() && is_letter(text_[end]);
  return text_.substr(i_).starts_with(piece) && !longer;
}

bool LatexCursor::accept(std::string_view piece) {
  if (!at(piece)) {
    return false;
  }
  i_ += piece.size();
  return true;
}

void LatexCursor::expect(std::string_view piece) {
  if (!accept(piece)) {
    fail("'" + std::string(piece) + "'");
  }
}

std::string LatexCursor::word_in_braces() {
  expect("{");
  const std::size_t end = text_.find('}', i_);
  if (end == std::string_view::npos) {
    i_ = text_.size();
    fail("'}'");
  }
  const std::string word(text_.substr(i_, end - i_));
  i_ = end + 1;
  return word;
}

void LatexCursor::expect_end() {
  skip_space();
  if (i_ != text_.size()) {
    fail("the end");
  }
}

}  // namespace gradcheck
