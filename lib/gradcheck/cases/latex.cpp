#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include <gradcheck/cases/latex.hpp>
#include <gradcheck/cases/latex_numbers.hpp>
#include <gradcheck/cases/printed.hpp>

namespace gradcheck {
namespace {

constexpr std::array environments{"pmatrix", "bmatrix",     "Bmatrix",
                                  "matrix",  "smallmatrix", "array"};

Printed scaled(const Printed& factor, const Printed& entry) {
  Printed both = product(factor, entry);
  both.text = factor.text + " " + entry.text;
  return both;
}

class LatexReader {
 public:
  explicit LatexReader(LatexCursor text) : text_(std::move(text)) {}

  Written read();

 private:
  void skip_left_side(std::size_t end);
  Written aligned();
  bool at_matrix();
  Written matrix();
  Written rows();
  std::size_t row(Written& written);

  LatexCursor text_;
  LatexNumbers numbers_{text_};
};

// [sign] [factor] matrix, or [sign] number; after the last = or \approx, if there is one.
Written LatexReader::read() {
  if (text_.at("\\begin{aligned}") || text_.at("\\begin{align")) {
    return aligned();
  }
  skip_left_side(text_.text().size());
  const bool negative = numbers_.sign();
  std::optional<Printed> number;
  bool multiplied = false;
  if (!at_matrix()) {
    number = numbers_.magnitude();
    multiplied = text_.accept("\\cdot") || text_.accept("\\times");
  }
  Written written;
  if (multiplied && !at_matrix()) {
    text_.fail("a matrix, or 10^");
  }
  if (at_matrix()) {
    written = matrix();
    for (Printed& entry : written.numbers) {
      const Printed bare = entry;
      entry = number ? scaled(*number, bare) : bare;
      if (number && !is_held(entry, *number, bare)) {
        text_.fail_at(0, "LaTeX has entries outside of what a double holds");
      }
      entry = negative ? negated(entry) : entry;
    }
  } else {
    written.numbers.push_back(negative ? negated(*number) : *number);
  }
  written.at = text_.origin();
  text_.expect_end();
  return written;
}

// Goes on behind the last = or \approx before that place.
void LatexReader::skip_left_side(std::size_t end) {
  for (const std::string_view relation : {"=", "\\approx", "\u2248"}) {
    const std::size_t found = text_.text().substr(0, end).rfind(relation);
    if (found != std::string_view::npos && found >= text_.place()) {
      text_.move_to(found + relation.size());
    }
  }
  text_.accept("&");
}

// Rows such as a &= 1 + 2 &= 3: of each the value behind its last relation.
Written LatexReader::aligned() {
  text_.expect("\\begin");
  const std::string environment = text_.word_in_braces();
  const std::string closing = "\\end{" + environment + "}";
  Written written;
  while (!text_.at(closing)) {
    skip_left_side(std::min(text_.text().find("\\\\", text_.place()),
                            text_.text().find(closing, text_.place())));
    written.numbers.push_back(numbers_.number());
    if (!text_.accept("\\\\") && !text_.at(closing)) {
      text_.fail("'\\\\' or " + closing);
    }
  }
  if (written.numbers.empty()) {
    text_.fail("a row");
  }
  text_.accept(closing);
  text_.expect_end();
  written.shape = {written.numbers.size()};
  written.at = text_.origin();
  return written;
}

bool LatexReader::at_matrix() { return text_.at("\\left") || text_.at("\\begin"); }

// \left( \begin{pmatrix} rows \end{pmatrix} \right)
Written LatexReader::matrix() {
  const bool wrapped = text_.accept("\\left");
  if (wrapped && !text_.accept("(") && !text_.accept("[")) {
    text_.fail("'(' or '[' after \\left");
  }
  text_.skip_space();
  text_.expect("\\begin");
  const std::size_t place = text_.place();
  const std::string environment = text_.word_in_braces();
  if (std::find(environments.begin(), environments.end(), environment) == environments.end()) {
    text_.fail_at(
        place, "environment has '" + environment + "', expected pmatrix, bmatrix, matrix or array");
  }
  if (environment == "array") {
    text_.word_in_braces();
  }
  Written written = rows();
  text_.expect("\\end");
  const std::size_t closing = text_.place();
  if (text_.word_in_braces() != environment) {
    text_.fail_at(closing, "\\end has another name than \\begin{" + environment + "}");
  }
  if (wrapped) {
    text_.expect("\\right");
    if (!text_.accept(")") && !text_.accept("]")) {
      text_.fail("')' or ']' after \\right");
    }
  }
  return written;
}

// Entries between & in rows between \\; one more \\ may stand behind the last row.
Written LatexReader::rows() {
  Written written;
  std::size_t height = 0;
  std::size_t width = 0;
  while (height == 0 || !text_.at("\\end")) {
    const std::size_t count = row(written);
    width = height == 0 ? count : width;
    if (count != width) {
      text_.fail_at(text_.place(), "row " + std::to_string(height + 1) + " has " +
                                       std::to_string(count) +
                                       (count == 1 ? " entry" : " entries") + ", expected " +
                                       std::to_string(width) + " as in the first");
    }
    ++height;
    if (!text_.accept("\\\\")) {
      break;
    }
    if (text_.accept("[")) {  // the space between two rows, as in \\[2pt]
      text_.move_to(std::min(text_.text().size(), text_.text().find(']', text_.place())));
      text_.expect("]");
    }
  }
  if (!text_.at("\\end")) {
    text_.fail("'&', '\\\\' or \\end");
  }
  written.shape = width == 1 ? Shape{height} : Shape{height, width};
  return written;
}

// The number of entries up to the end of the row.
std::size_t LatexReader::row(Written& written) {
  std::size_t count = 0;
  do {
    written.numbers.push_back(numbers_.number());
    ++count;
  } while (text_.accept("&"));
  text_.skip_space();
  return count;
}

}  // namespace

Written read_latex(std::string_view text, Position origin, const std::string& where) {
  return LatexReader(LatexCursor(text, origin, where)).read();
}

}  // namespace gradcheck
