#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include <gradcheck/diagnose/values.hpp>

namespace gradcheck {

namespace {

/// Half the distance of neighbouring float32 numbers over their size.
constexpr double half_unit = 6e-8;

template <class Foretell>
bool explains(const Observation& seen, Foretell foretell) {
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!fits(seen, i, foretell(i))) {
      return false;
    }
  }
  return true;
}

/// A single entry is some multiple of anything: only a factor that is whole, or whose inverse is,
/// tells something.
bool tells_of_one_entry(const Rule& rule) {
  const auto whole = [](double c) { return std::abs(c - std::round(c)) <= 1e-9 * std::abs(c); };
  return rule.factor == 0 || whole(rule.factor) || whole(1 / rule.factor);
}

}  // namespace

std::optional<Pattern> never_written(const Observation& seen) {
  std::size_t count = 0, first = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (std::isnan(seen.analytic.data()[i])) {
      first = count++ == 0 ? i : first;
    } else if (!fits(seen, i, right_value(seen, i))) {
      return std::nullopt;
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  if (count == seen.size()) {
    return Pattern{"never written", "analytic is NaN everywhere"};
  }
  const std::string which = index_text(seen.shape(), first);
  return Pattern{"never written",
                 count == 1 ? fmt::format("only {}: analytic is NaN there", which)
                            : fmt::format("analytic is NaN at {} of {} entries, first at {}; the "
                                          "others agree",
                                          count, seen.size(), which)};
}

std::optional<Pattern> in_float32(const Observation& seen) {
  bool off = false;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const double a = seen.analytic.data()[i], n = seen.numeric.data()[i];
    const double known = seen.bound.data()[i] + seen.rounding.data()[i];
    const double apart = std::abs(a - n);
    if (static_cast<double>(static_cast<float>(a)) != a ||
        !(apart <= known + half_unit * std::abs(n))) {
      return std::nullopt;
    }
    off = off || apart > known;
  }
  return off ? std::optional(Pattern{"float32 precision",
                                     "every entry is the numeric one rounded to float32"})
             : std::nullopt;
}

std::optional<Pattern> one_rule(const Observation& seen, const std::vector<NamedNumber>& numbers) {
  std::vector<std::size_t> all(seen.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::optional<Rule> rule = common_rule(seen, all, numbers);
  if (!rule || (seen.size() == 1 && !tells_of_one_entry(*rule))) {
    return std::nullopt;
  }
  const std::string meaning = meaning_of(*rule, numbers);
  return Pattern{name_of(*rule), text_of(*rule) + (seen.size() > 1 ? " everywhere" : "") +
                                     (meaning.empty() ? "" : "; " + meaning)};
}

std::optional<Pattern> without_sign(const Observation& seen) {
  const bool fit = explains(seen, [&](std::size_t i) {
    return Foretold{std::abs(seen.numeric.data()[i]), seen.bound.data()[i]};
  });
  return fit ? std::optional(Pattern{"sign lost", "analytic = |numeric| everywhere"})
             : std::nullopt;
}

std::optional<Pattern> same_everywhere(const Observation& seen) {
  Foretold sum;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    sum.value += seen.numeric.data()[i];
    sum.bound += seen.bound.data()[i] +
                 std::numeric_limits<double>::epsilon() * std::abs(seen.numeric.data()[i]);
  }
  const double n = static_cast<double>(seen.size());
  for (const bool mean : {true, false}) {
    const Foretold value = mean ? Foretold{sum.value / n, sum.bound / n} : sum;
    if (seen.size() > 1 && explains(seen, [&](std::size_t) { return value; })) {
      return Pattern{"same everywhere",
                     fmt::format("every entry of analytic is the {} of the numeric ones",
                                 mean ? "mean" : "sum")};
    }
  }
  return std::nullopt;
}

}  // namespace gradcheck
