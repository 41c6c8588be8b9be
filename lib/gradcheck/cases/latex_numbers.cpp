#include <cmath>
#include <numbers>

#include <gradcheck/cases/latex_numbers.hpp>
#include <gradcheck/cases/printed.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t max_depth = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// Whether the sign that may stand here is a minus.
bool LatexNumbers::sign() {
  if (text_.accept("-") || text_.accept("\u2212")) {
    return true;
  }
  text_.accept("+");
  return false;
}

Printed LatexNumbers::number() {
  const bool negative = sign();
  const Printed x = magnitude();
  return negative ? negated(x) : x;
}

bool LatexNumbers::at_factor() {
  return text_.at("\\frac") || text_.at("\\dfrac") || text_.at("\\tfrac") || text_.at("\\sqrt") ||
         text_.at("\\pi");
}

// 2/3, 2 \sqrt{3}, \frac{\pi}{2}, 10\%: factors side by side, or one number over another.
Printed LatexNumbers::magnitude() {
  text_.skip_space();
  const std::size_t start = text_.place();
  Printed x = factor();
  // Not of a fraction: 2 \frac{1}{3} may be read as two and a third.
  while (text_.at("\\sqrt") || text_.at("\\pi")) {
    const Printed before = x, next = factor();
    x = product(before, next);
    if (!is_held(x, before, next)) {
      text_.fail_at(start, "product has a value outside of what a double holds");
    }
    x.text = text_from(start);
  }
  if (text_.accept("/")) {
    text_.skip_space();
    const std::size_t place = text_.place();
    return divided(x, factor(), start, place);
  }
  return x;
}

Printed LatexNumbers::factor() {
  const std::size_t start = text_.place();
  if (text_.accept("\\pi")) {
    return {"\\pi", std::numbers::pi, 0, 1};
  }
  if (text_.accept("\\sqrt")) {
    const std::size_t place = text_.place();
    Printed root = argument();
    if (root.value < 0) {
      text_.fail_at(place, "\\sqrt has " + root.text + ", expected a number from 0");
    }
    root.value = std::sqrt(root.value);
    root.half_unit = root.value > 0 ? root.half_unit / (2 * root.value) : std::sqrt(root.half_unit);
    root.text = text_from(start);
    return root;
  }
  return at_factor() ? fraction() : decimal();
}

// What a command takes: {...}, or one digit, as in \tfrac12.
Printed LatexNumbers::argument() {
  text_.skip_space();
  if (!text_.rest().empty() && is_digit(text_.rest()[0])) {
    const std::string_view digit = text_.rest().substr(0, 1);
    text_.move_to(text_.place() + 1);
    return *read_printed(digit);
  }
  text_.expect("{");
  if (++depth_ > max_depth) {
    text_.fail("a number; fractions and roots stand at most " + std::to_string(max_depth) +
               " deep in one another");
  }
  const Printed inside = number();
  --depth_;
  text_.expect("}");
  return inside;
}

/// What was read since then, without the space behind it.
std::string LatexNumbers::text_from(std::size_t start) const {
  const std::string_view read = text_.text().substr(start, text_.place() - start);
  return std::string(read.substr(0, read.find_last_not_of(" \t\r\n~$") + 1));
}

Printed LatexNumbers::fraction() {
  const std::size_t start = text_.place();
  text_.accept("\\frac") || text_.accept("\\dfrac") || text_.accept("\\tfrac");
  const Printed above = argument();
  text_.skip_space();
  const std::size_t place = text_.place() + (text_.at("{") ? 1 : 0);
  const Printed below = argument();
  return divided(above, below, start, place);
}

// above/below, which stand from `start` to here; `below` alone from `place`.
Printed LatexNumbers::divided(const Printed& above, const Printed& below, std::size_t start,
                              std::size_t place) const {
  if (below.value == 0) {
    text_.fail_at(place, "denominator has 0, expected another number");
  }
  Printed ratio = quotient(above, below);
  if (!is_held(ratio, above, below)) {
    text_.fail_at(start, "fraction has a value outside of what a double holds");
  }
  ratio.text = text_from(start);
  return ratio;
}

// Digits with a point, or with the comma of 0{,}5; the power of ten behind them counts as their
// exponent, and a per cent sign as one of -2.
Printed LatexNumbers::decimal() {
  text_.skip_space();
  const std::size_t start = text_.place();
  std::string digits = mantissa();
  if (const std::optional<std::string> power = power_of_ten()) {
    digits += "e" + *power;
  } else if (text_.accept("\\%")) {
    digits += "e-2";
  }
  std::optional<Printed> printed = read_printed(digits);
  if (!printed) {
    text_.fail_at(start,
                  "LaTeX has '" + text_from(start) + "', expected a number that a double holds");
  }
  printed->text = text_from(start);
  return *printed;
}

std::string LatexNumbers::mantissa() {
  std::string digits;
  std::string_view rest = text_.rest();
  const auto starts_number = [&] {
    return !rest.empty() && (is_digit(rest[0]) || rest[0] == '.' || rest.starts_with("{,}"));
  };
  while (starts_number()) {
    const bool comma = rest[0] == '{';
    digits += comma ? '.' : rest[0];
    rest.remove_prefix(comma ? 3 : 1);
  }
  if (digits.empty()) {
    text_.fail("a number");
  }
  const std::size_t end = text_.text().size() - rest.size();
  if (rest.size() > 1 && rest[0] == ',' && is_digit(rest[1])) {
    text_.fail_at(end, "LaTeX has ',', expected a decimal point, or {,} for a decimal comma");
  }
  std::size_t more = 0;  // of an exponent such as e-3
  if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
    more = rest.size() > 1 && (rest[1] == '-' || rest[1] == '+') ? 2 : 1;
    while (more < rest.size() && is_digit(rest[more])) {
      ++more;
    }
  }
  text_.move_to(end + more);
  return digits + std::string(rest.substr(0, more));
}

// The k of \times 10^{k} or \cdot 10^k, if that follows.
std::optional<std::string> LatexNumbers::power_of_ten() {
  const std::size_t before = text_.place();
  if (!(text_.accept("\\times") || text_.accept("\\cdot")) || !text_.accept("10^")) {
    text_.move_to(before);
    return std::nullopt;
  }
  const bool braces = text_.accept("{");
  std::string power = sign() ? "-" : "";
  text_.skip_space();
  while (!text_.rest().empty() && is_digit(text_.rest()[0])) {
    power += text_.rest()[0];
    text_.move_to(text_.place() + 1);
    if (!braces) {
      break;
    }
  }
  if (power.empty() || power == "-") {
    text_.fail("an integer");
  }
  if (braces) {
    text_.expect("}");
  }
  return power;
}

}  // namespace gradcheck
