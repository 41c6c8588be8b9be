#include "validators.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradcheck::program {
namespace {

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
