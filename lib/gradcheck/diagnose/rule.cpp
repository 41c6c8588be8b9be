#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <gradcheck/diagnose/rule.hpp>

namespace gradcheck {

namespace {

/// Factors that are as likely as any have a numerator and a denominator of at most this.
constexpr int largest_plain = 12;

double rounding_at(const Observation& seen, std::size_t i) {
  const double rounding = seen.rounding.data()[i];
  return std::isfinite(rounding) ? rounding : 0;
}

bool fits_all(const Observation& seen, std::span<const std::size_t> entries, const Rule& rule) {
  return std::ranges::all_of(entries,
                             [&](std::size_t i) { return fits(seen, i, rule.at(seen, i)); });
}

/// Whether a rule says anything else than that both sides agree.
bool says_something(const Observation& seen, std::span<const std::size_t> entries,
                    const Rule& rule) {
  return std::ranges::any_of(entries, [&](std::size_t i) {
    const Foretold p = rule.at(seen, i);
    const double n = seen.numeric.data()[i];
    return std::abs(p.value - n) > p.bound + seen.rtol * std::max(std::abs(p.value), std::abs(n));
  });
}

std::vector<double> plain_factors(const std::vector<NamedNumber>& numbers) {
  std::vector<double> factors{-1};
  for (const NamedNumber& number : numbers) {
    factors.push_back(number.value);
    factors.push_back(1 / number.value);
  }
  for (int q = 1; q <= largest_plain; ++q) {
    for (int p = 1; p <= largest_plain; ++p) {
      factors.push_back(static_cast<double>(p) / q);
      factors.push_back(-static_cast<double>(p) / q);
    }
  }
  return factors;
}

/// The factor that the best known of the entries has, with what it may be off.
Rule measured_factor(const Observation& seen, std::span<const std::size_t> entries) {
  Rule rule{std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t i : entries) {
    const double n = seen.numeric.data()[i];
    const double factor = seen.analytic.data()[i] / n;
    const double error =
        (std::abs(factor) * seen.bound.data()[i] + rounding_at(seen, i)) / std::abs(n);
    // An entry whose bound is large says little, and one that is a tenth of it nothing.
    if (n != 0 && std::isfinite(factor) && seen.bound.data()[i] < 0.1 * std::abs(n) &&
        error / std::abs(factor) < least) {
      least = error / std::abs(factor);
      rule.factor = factor;
      rule.factor_error = error;
    }
  }
  return rule;
}

std::optional<Rule> common_factor(const Observation& seen, std::span<const std::size_t> entries,
                                  const std::vector<NamedNumber>& numbers) {
  const Rule measured = measured_factor(seen, entries);
  if (!std::isfinite(measured.factor)) {
    return std::nullopt;
  }
  for (const double plain : plain_factors(numbers)) {
    const Rule rule{plain, 0, 0, 0};
    const double near = measured.factor_error + 2 * seen.rtol * std::abs(plain);
    if (std::abs(plain - measured.factor) <= near && fits_all(seen, entries, rule) &&
        says_something(seen, entries, rule)) {
      return rule;
    }
  }
  const bool good = fits_all(seen, entries, measured) && says_something(seen, entries, measured);
  return good ? std::optional(measured) : std::nullopt;
}

std::optional<Rule> common_offset(const Observation& seen, std::span<const std::size_t> entries) {
  Rule rule{1, 0, 0, std::numeric_limits<double>::infinity()};
  for (const std::size_t i : entries) {
    const double a = seen.analytic.data()[i], n = seen.numeric.data()[i];
    const double error = seen.bound.data()[i] + rounding_at(seen, i) +
                         std::numeric_limits<double>::epsilon() * (std::abs(a) + std::abs(n));
    if (error < rule.offset_error) {
      rule.offset = a - n;
      rule.offset_error = error;
    }
  }
  const bool good = entries.size() > 1 && std::isfinite(rule.offset) &&
                    fits_all(seen, entries, rule) && says_something(seen, entries, rule);
  return good ? std::optional(rule) : std::nullopt;
}

bool near(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

/// "2 / 3" if the number is such a fraction; else its digits.
std::string factor_text(double factor) {
  for (int q = 2; q <= largest_plain; ++q) {
    const double p = std::round(factor * q);
    if (near(factor, p / q) && !near(factor, std::round(factor)) && std::abs(p) <= largest_plain) {
      return fmt::format("{:g} / {}", p, q);
    }
  }
  const double off = std::abs(factor - 1);
  const int digits = off > 0 && off < 1e-2 ? 3 - static_cast<int>(std::log10(off)) : 6;
  return fmt::format("{:.{}g}", factor, std::min(digits, 15));
}

}  // namespace

Foretold Rule::at(const Observation& seen, std::size_t entry) const {
  const double n = seen.numeric.data()[entry];
  return {factor * n + offset,
          std::abs(factor) * seen.bound.data()[entry] + factor_error * std::abs(n) + offset_error};
}

std::optional<Rule> common_rule(const Observation& seen, std::span<const std::size_t> entries,
                                const std::vector<NamedNumber>& numbers) {
  const Rule zero{0, 0, 0, 0};
  if (entries.empty()) {
    return std::nullopt;
  }
  if (std::ranges::all_of(entries, [&](std::size_t i) { return seen.analytic.data()[i] == 0; }) &&
      says_something(seen, entries, zero)) {
    return zero;
  }
  const std::optional<Rule> factor = common_factor(seen, entries, numbers);
  return factor ? factor : common_offset(seen, entries);
}

std::string text_of(const Rule& rule) {
  if (rule.zero()) {
    return "analytic = 0";
  }
  if (rule.offset != 0) {
    return fmt::format("analytic = numeric {} {:.6g}", rule.offset < 0 ? "-" : "+",
                       std::abs(rule.offset));
  }
  const double inverse = 1 / rule.factor;
  if (rule.factor == -1) {
    return "analytic = -numeric";
  }
  if (std::abs(rule.factor) < 1 && near(inverse, std::round(inverse))) {
    return fmt::format("analytic = numeric / {:g}", std::round(inverse));
  }
  return fmt::format("analytic = {} * numeric", factor_text(rule.factor));
}

std::string name_of(const Rule& rule) {
  if (rule.zero()) {
    return "zero";
  }
  if (rule.offset != 0) {
    return "constant added";
  }
  return rule.factor == -1 ? "sign flipped" : "constant factor";
}

std::string meaning_of(const Rule& rule, const std::vector<NamedNumber>& numbers) {
  for (const NamedNumber& number : numbers) {
    const bool divided = near(rule.factor * number.value, 1);
    if (rule.offset != 0 || number.value == 1 || !(divided || near(rule.factor, number.value))) {
      continue;
    }
    const bool batch = number.name == "the batch size";
    const char* const guess = !batch    ? ""
                              : divided ? ": averaged over the batch where the loss already is?"
                                        : ": not averaged over the batch?";
    return fmt::format("{:g} is {}{}", number.value, number.name, guess);
  }
  return "";
}

}  // namespace gradcheck
