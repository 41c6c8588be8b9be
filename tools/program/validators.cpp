#include "validators.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradcheck::program {
namespace {

using Suffixes = std::map<std::string, double>;

template <class Number>
bool reads_as(const std::string& text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc() && stop == end;
}

std::string refusal(const std::string& text, const std::string& wanted) {
  return fmt::format("has <{}>, expected {}", text, wanted);
}

}  // namespace

CLI::Validator positive_number() {
  return CLI::Validator(
      [](const std::string& text) {
        double value = 0;
        const bool good = reads_as(text, value) && std::isfinite(value) && value > 0;
        return good ? std::string() : refusal(text, "a finite number above 0");
      },
      "");
}

CLI::Validator whole_number(unsigned long long least, unsigned long long most) {
  return CLI::Validator(
      [least, most](const std::string& text) {
        unsigned long long value = 0;
        const bool good = reads_as(text, value) && value >= least && value <= most;
        const std::string wanted = fmt::format("a whole number from {} to {}", least, most);
        return good ? std::string() : refusal(text, wanted);
      },
      "");
}

namespace {

/// A number with one of the suffixes after it, or none: the number times what the suffix stands
/// for.
std::optional<double> with_suffix(const std::string& text, const Suffixes& suffixes) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  const auto factor = suffixes.find(std::string(stop, end));
  const bool good = problem == std::errc() && factor != suffixes.end();
  const double whole = good ? value * factor->second : 0;
  return std::isfinite(whole) && whole > 0 ? std::optional(whole) : std::nullopt;
}

CLI::Validator suffixed(const Suffixes& suffixes, const std::string& wanted) {
  return CLI::Validator(
      [&suffixes, wanted](const std::string& text) {
        return with_suffix(text, suffixes) ? std::string() : refusal(text, wanted);
      },
      "");
}

const Suffixes& time_suffixes() {
  static const Suffixes all{{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  return all;
}

const Suffixes& byte_suffixes() {
  constexpr double k = 1024;
  static const Suffixes all{
      {"", 1}, {"K", k}, {"M", k * k}, {"G", k * k * k}, {"T", k * k * k * k}};
  return all;
}

}  // namespace

CLI::Validator duration() {
  return suffixed(time_suffixes(), "a time above 0, as in 30, 5s, 2m or 1h");
}

CLI::Validator byte_count() {
  return suffixed(byte_suffixes(), "a number of bytes above 0, as in 500000000, 512M or 1G");
}

double seconds_in(const std::string& text) { return with_suffix(text, time_suffixes()).value(); }

std::size_t bytes_in(const std::string& text) {
  constexpr double most = 9e18;
  return static_cast<std::size_t>(std::min(most, with_suffix(text, byte_suffixes()).value()));
}

CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](const std::string& text) {
        const bool good = std::find(words.begin(), words.end(), text) != words.end();
        return good ? std::string()
                    : refusal(text, fmt::format("one of {}", fmt::join(words, ", ")));
      },
      "");
}

}  // namespace gradcheck::program
