#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <gradcheck/cases/printed.hpp>

namespace gradcheck {
namespace {

// A decimal text in parts: 12.50e-3 has the digits "1250", of which 2 stand behind the point, and
// the exponent -3.
struct Decimal {
  std::string plain;  // without '+' and '_', as std::from_chars wants it
  std::string digits;
  int behind = 0;
  int exponent = 0;
  bool integer = true;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Number>
bool read(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc() && stop == end && !text.empty();
}

// The digits from position i on; an underscore may stand between two of them.
std::string digits_from(std::string_view text, std::size_t& i) {
  std::string digits;
  while (i < text.size() && (is_digit(text[i]) || (text[i] == '_' && !digits.empty() &&
                                                   i + 1 < text.size() && is_digit(text[i + 1])))) {
    if (text[i] != '_') {
      digits += text[i];
    }
    ++i;
  }
  return digits;
}

std::optional<Decimal> parts_of(std::string_view text) {
  Decimal parts;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
    parts.plain = text[i++] == '-' ? "-" : "";
  }
  parts.digits = digits_from(text, i);
  parts.plain += parts.digits;
  if (i < text.size() && text[i] == '.') {
    const std::string fraction = digits_from(text, ++i);
    parts.integer = false;
    parts.behind = static_cast<int>(fraction.size());
    parts.digits += fraction;
    parts.plain += '.' + fraction;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    const bool negative = ++i < text.size() && text[i] == '-';
    i += i < text.size() && (negative || text[i] == '+') ? 1 : 0;
    const std::string exponent = (negative ? "-" : "") + digits_from(text, i);
    if (!read(exponent, parts.exponent) || std::abs(parts.exponent) > 9999) {
      return std::nullopt;
    }
    parts.integer = false;
    parts.plain += 'e' + exponent;
  }
  return i == text.size() && !parts.digits.empty() ? std::optional(parts) : std::nullopt;
}

// Digits from the first that is not zero; one for a zero.
int significant_digits(const std::string& digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? 1 : static_cast<int>(digits.size() - first);
}

constexpr int readable_digits = 6;
constexpr int extra_digits = 2;  // beyond those that were printed, or that two values share
constexpr int all_digits = std::numeric_limits<double>::max_digits10;

// So many digits that a is seen to differ from b.
int telling_digits(double a, double b) {
  const double apart = std::abs(a - b) / std::max(std::abs(a), std::abs(b));
  if (!(apart > 0) || !std::isfinite(apart)) {
    return readable_digits;
  }
  return std::max(readable_digits, static_cast<int>(-std::log10(apart)) + extra_digits);
}

std::string text_of(double value, int digits) {
  if (std::isfinite(value)) {
    return fmt::format("{:.{}g}", value, std::min(digits, all_digits));
  }
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

// What is exact does not limit how precise the result is.
int common_digits(const Printed& x, const Printed& y) {
  if (x.half_unit == 0 || y.half_unit == 0) {
    return x.half_unit == 0 && y.half_unit != 0 ? y.digits : x.digits;
  }
  return std::min(x.digits, y.digits);
}

}  // namespace

std::optional<Printed> read_printed(std::string_view text) {
  const std::optional<Decimal> parts = parts_of(text);
  Printed printed;
  printed.text = text;
  if (!parts || !read(parts->plain, printed.value)) {
    return std::nullopt;
  }
  // Half a unit is 5 in the place behind the last digit; read from text, it is the double nearest
  // to it.
  const std::string half_unit = "5e" + std::to_string(parts->exponent - parts->behind - 1);
  if (!parts->integer && !read(half_unit, printed.half_unit)) {
    return std::nullopt;
  }
  printed.digits = significant_digits(parts->digits);
  return printed;
}

std::string computed_text(double value, const Printed& printed) {
  return text_of(value,
                 std::max(printed.digits + extra_digits, telling_digits(value, printed.value)));
}

std::string text_beside(double value, double other) {
  return text_of(value, telling_digits(value, other));
}

Printed negated(Printed x) {
  x.value = -x.value;
  x.text = x.text.starts_with('-') ? x.text.substr(1) : "-" + x.text;
  return x;
}

Printed product(const Printed& x, const Printed& y) {
  Printed xy;
  xy.value = x.value * y.value;
  xy.half_unit =
      std::abs(x.value) * y.half_unit + std::abs(y.value) * x.half_unit + x.half_unit * y.half_unit;
  xy.digits = common_digits(x, y);
  return xy;
}

Printed quotient(const Printed& x, const Printed& y) {
  Printed ratio;
  ratio.value = x.value / y.value;
  // y² may be beyond what a double holds where the quotient is not.
  ratio.half_unit =
      x.half_unit / std::abs(y.value) + std::abs(ratio.value) * (y.half_unit / std::abs(y.value));
  ratio.digits = common_digits(x, y);
  return ratio;
}

bool is_held(const Printed& result, const Printed& x, const Printed& y) {
  const bool vanished = result.value == 0 && x.value != 0 && y.value != 0;
  return std::isfinite(result.value) && std::isfinite(result.half_unit) && !vanished;
}

}  // namespace gradcheck
