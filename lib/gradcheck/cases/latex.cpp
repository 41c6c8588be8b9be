#include <gradcheck/cases/latex.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <gradcheck/cases/printed.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {
namespace {

constexpr std::array environments{"pmatrix", "bmatrix", "Bmatrix", "matrix", "smallmatrix", "array"};
constexpr std::array spaces{"\\,", "\\;", "\\:", "\\!", "\\ ", "\\quad", "\\qquad", "\\displaystyle"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Printed scaled(const Printed& factor, const Printed& entry) {
  Printed both = product(factor, entry);
  both.text = factor.text + " " + entry.text;
  return both;
}

class LatexReader {
 public:
  LatexReader(std::string_view text, Position origin, const std::string& where)
      : text_(text), origin_(origin), where_(where) {}

  Written read();

 private:
  [[noreturn]] void fail(const std::string& expected);
  [[noreturn]] void fail_at(std::size_t place, const std::string& message) const;
  std::string next_text();

  void skip_space();
  bool at(std::string_view piece);
  bool accept(std::string_view piece);
  void expect(std::string_view piece);
  std::string word_in_braces();

  bool at_matrix();
  bool sign();
  Printed number();
  Printed magnitude();
  Printed fraction();
  Printed signed_decimal();
  Printed decimal();
  Printed divided(const Printed& above, const Printed& below, std::size_t start, std::size_t place) const;

  Written matrix();
  Written rows();
  std::size_t row(Written& written);

  std::string_view text_;
  Position origin_;
  const std::string& where_;
  std::size_t i_ = 0;
};

void LatexReader::fail_at(std::size_t place, const std::string& message) const {
  throw LocatedError(after(origin_, text_.substr(0, place)), where_ + ": " + message);
}

void LatexReader::fail(const std::string& expected) {
  const std::string got = next_text();
  fail_at(i_, "LaTeX has " + got + ", expected " + expected);
}

// What comes next, for a message: a command, or one character.
std::string LatexReader::next_text() {
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
void LatexReader::skip_space() {
  bool moved = true;
  while (moved) {
    moved = false;
    while (i_ < text_.size() && std::string_view(" \t\r\n~$").find(text_[i_]) != std::string_view::npos) {
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

bool LatexReader::at(std::string_view piece) {
  skip_space();
  const std::size_t end = i_ + piece.size();
  const bool longer = is_letter(piece.back()) && end < text_.size() && is_letter(text_[end]);
  return text_.substr(i_).starts_with(piece) && !longer;
}

bool LatexReader::accept(std::string_view piece) {
  if (!at(piece)) {
    return false;
  }
  i_ += piece.size();
  return true;
}

void LatexReader::expect(std::string_view piece) {
  if (!accept(piece)) {
    fail("'" + std::string(piece) + "'");
  }
}

std::string LatexReader::word_in_braces() {
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

// [sign] [factor] matrix, or [sign] number.
Written LatexReader::read() {
  const bool negative = sign();
  std::optional<Printed> number;
  if (!at_matrix()) {
    number = magnitude();
    accept("\\cdot") || accept("\\times");
  }
  Written written;
  if (at_matrix()) {
    written = matrix();
    for (Printed& entry : written.numbers) {
      entry = number ? scaled(*number, entry) : entry;
      entry = negative ? negated(entry) : entry;
      if (!std::isfinite(entry.value)) {
        fail_at(0, "LaTeX has entries outside of what a double holds");
      }
    }
  } else {
    written.numbers.push_back(negative ? negated(*number) : *number);
  }
  written.at = origin_;
  skip_space();
  if (i_ != text_.size()) {
    fail("the end");
  }
  return written;
}

bool LatexReader::at_matrix() { return at("\\left") || at("\\begin"); }

// Whether the sign that may stand here is a minus.
bool LatexReader::sign() {
  if (accept("-")) {
    return true;
  }
  accept("+");
  return false;
}

Printed LatexReader::number() {
  const bool negative = sign();
  const Printed x = magnitude();
  return negative ? negated(x) : x;
}

Printed LatexReader::signed_decimal() {
  const bool negative = sign();
  const Printed x = decimal();
  return negative ? negated(x) : x;
}

Printed LatexReader::magnitude() {
  if (at("\\frac") || at("\\dfrac") || at("\\tfrac")) {
    return fraction();
  }
  const std::size_t start = i_;
  const Printed above = decimal();
  if (!accept("/")) {
    return above;
  }
  skip_space();
  const std::size_t place = i_;
  return divided(above, decimal(), start, place);
}

Printed LatexReader::fraction() {
  const std::size_t start = i_;
  accept("\\frac") || accept("\\dfrac") || accept("\\tfrac");
  expect("{");
  const Printed above = signed_decimal();
  expect("}");
  expect("{");
  skip_space();
  const std::size_t place = i_;
  const Printed below = signed_decimal();
  expect("}");
  return divided(above, below, start, place);
}

// above/below, which stand from `start` to here; `below` alone from `place`.
Printed LatexReader::divided(const Printed& above, const Printed& below, std::size_t start, std::size_t place) const {
  if (below.value == 0) {
    fail_at(place, "denominator has 0, expected another number");
  }
  Printed ratio = quotient(above, below);
  if (!std::isfinite(ratio.value)) {
    fail_at(start, "fraction has a value outside of what a double holds");
  }
  ratio.text = text_.substr(start, i_ - start);
  return ratio;
}

Printed LatexReader::decimal() {
  skip_space();
  std::size_t end = i_;
  while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) {
    ++end;
  }
  if (end == i_) {
    fail("a number");
  }
  if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
    end += end + 1 < text_.size() && (text_[end + 1] == '-' || text_[end + 1] == '+') ? 2 : 1;
    while (end < text_.size() && is_digit(text_[end])) {
      ++end;
    }
  }
  const std::string_view digits = text_.substr(i_, end - i_);
  const std::optional<Printed> printed = read_printed(digits);
  if (!printed) {
    fail_at(i_, "LaTeX has '" + std::string(digits) + "', expected a number that a double holds");
  }
  i_ = end;
  return *printed;
}

// \left( \begin{pmatrix} rows \end{pmatrix} \right)
Written LatexReader::matrix() {
  const bool wrapped = accept("\\left");
  if (wrapped && !accept("(") && !accept("[")) {
    fail("'(' or '[' after \\left");
  }
  skip_space();
  expect("\\begin");
  const std::size_t place = i_;
  const std::string environment = word_in_braces();
  if (std::find(environments.begin(), environments.end(), environment) == environments.end()) {
    fail_at(place, "environment has '" + environment + "', expected pmatrix, bmatrix, matrix or array");
  }
  if (environment == "array") {
    word_in_braces();
  }
  Written written = rows();
  expect("\\end");
  const std::size_t closing = i_;
  if (word_in_braces() != environment) {
    fail_at(closing, "\\end has another name than \\begin{" + environment + "}");
  }
  if (wrapped) {
    expect("\\right");
    if (!accept(")") && !accept("]")) {
      fail("')' or ']' after \\right");
    }
  }
  return written;
}

// Entries between & in rows between \\; one more \\ may stand behind the last row.
Written LatexReader::rows() {
  Written written;
  std::size_t height = 0;
  std::size_t width = 0;
  while (height == 0 || !at("\\end")) {
    const std::size_t count = row(written);
    width = height == 0 ? count : width;
    if (count != width) {
      fail_at(i_, "row " + std::to_string(height + 1) + " has " + std::to_string(count) + " entries, expected " +
                      std::to_string(width) + " as in the first");
    }
    ++height;
    if (!accept("\\\\")) {
      break;
    }
    if (accept("[")) {  // the space between two rows, as in \\[2pt]
      i_ = std::min(text_.size(), text_.find(']', i_));
      expect("]");
    }
  }
  if (!at("\\end")) {
    fail("'&', '\\\\' or \\end");
  }
  written.shape = width == 1 ? Shape{height} : Shape{height, width};
  return written;
}

// The number of entries up to the end of the row.
std::size_t LatexReader::row(Written& written) {
  std::size_t count = 0;
  do {
    written.numbers.push_back(number());
    ++count;
  } while (accept("&"));
  skip_space();
  return count;
}

}  // namespace

Written read_latex(std::string_view text, Position origin, const std::string& where) {
  return LatexReader(text, origin, where).read();
}

}  // namespace gradcheck
