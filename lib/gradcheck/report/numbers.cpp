#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include <gradcheck/report/numbers.hpp>

namespace gradcheck {
namespace {

constexpr int readable_digits = 6;
constexpr double widest_integer = 1e12;         // beyond it the exponent reads better
constexpr double rounds_to_a_thousand = 999.5;  // to three digits
constexpr int all_digits = 17;                  // std::numeric_limits<double>::max_digits10

std::string not_finite(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  return value > 0 ? "Infinity" : "-Infinity";
}

}  // namespace

std::string number_text(double value, int digits) {
  if (!std::isfinite(value)) {
    return not_finite(value);
  }
  const bool exact = value == std::trunc(value) && std::abs(value) < widest_integer;
  const double unsigned_zero = value == 0 ? 0.0 : value;
  return exact ? fmt::format("{:.0f}", unsigned_zero) : fmt::format("{:.{}g}", value, digits);
}

std::string magnitude_text(double value) {
  if (!std::isfinite(value)) {
    return not_finite(value);
  }
  return value == 0 ? "0" : fmt::format("{:.1e}", value);
}

std::pair<std::string, std::string> told_apart(double a, double b) {
  int digits = readable_digits;
  const double difference = std::abs(a - b) / std::max(std::abs(a), std::abs(b));
  if (difference > 0 && std::isfinite(difference)) {
    const int shared = static_cast<int>(std::floor(-std::log10(difference)));
    digits = std::clamp(shared + 2, readable_digits, all_digits);
  }
  return {number_text(a, digits), number_text(b, digits)};
}

std::string duration_text(double seconds) {
  constexpr double rounds_to_one = 0.9995;
  const bool whole = seconds >= rounds_to_one;
  const bool milli = !whole && seconds >= rounds_to_one / 1000;
  const double amount = seconds * (whole ? 1 : milli ? 1e3 : 1e6);
  const char* const unit = whole ? "s" : milli ? "ms" : "µs";
  return amount < rounds_to_a_thousand ? fmt::format("{:.3g} {}", amount, unit)
                                       : fmt::format("{:.0f} {}", amount, unit);
}

std::string rate_text(double per_second) {
  std::string prefix;
  for (const char next : std::string_view("kMGT")) {
    if (per_second < rounds_to_a_thousand) {
      break;
    }
    per_second /= 1000;
    prefix = next;
  }
  return fmt::format("{:.3g}{}/s", per_second, prefix);
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) {
    text.insert(i - 3, 1, ',');
  }
  return text;
}

std::string counted(std::uint64_t count, const char* singular, const char* plural) {
  return fmt::format("{} {}", count_text(count), count == 1 ? singular : plural);
}

}  // namespace gradcheck
