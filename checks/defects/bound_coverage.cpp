#include <algorithm>
#include <cmath>
#include <limits>

#include <defects/bound_coverage.hpp>
#include <defects/random_networks.hpp>
#include <fmt/format.h>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects {

namespace {

constexpr std::size_t most_described = 8;
/// Long double's own rounding of the truth, from what double's did to it, with a safety of 4.
constexpr long double rounding_ratio = 4 * 0x1p-11L;

struct Violation {
  long double ratio;
  std::string text;
};

/// Compares the values of one tensor with the truth.
class Comparison {
 public:
  Comparison(Coverage& coverage, std::vector<Violation>& found)
      : coverage_(coverage), found_(found) {}

  void compare(const RandomNetwork& made, const TensorCheck& check, const LongTensor& truth) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const long double t = truth.data()[i];
      const long double rounding = rounding_ratio * std::abs(check.analytic.data()[i] - t) +
                                   8 * machine_epsilon<long double>() * std::abs(t);
      // The numeric value is a double, and so may be what a tied site reads on both sides.
      const long double active =
          4 * machine_epsilon<double>() * std::abs(t) + std::numeric_limits<double>::denorm_min();
      const long double error = std::abs(check.numeric.data()[i] - t);
      const long double bound = check.bound.data()[i] + rounding + active;
      if (!std::isfinite(check.numeric.data()[i]) || !meaningful(check, truth, i)) {
        continue;
      }
      ++coverage_.entries;
      coverage_.disagreeing += check.verdicts[i] == Verdict::disagree ? 1 : 0;
      coverage_.inconclusive += check.verdicts[i] == Verdict::inconclusive ? 1 : 0;
      if (!(error <= bound)) {
        ++coverage_.violations;
        found_.push_back({error / bound, describe(made, check, i, t)});
      }
    }
  }

 private:
  /// Whether double rounding leaves a digit of the gradient: sin(1e30) has none.
  static bool meaningful(const TensorCheck& check, const LongTensor& truth, std::size_t i) {
    long double largest = 0;
    for (const long double t : entries(truth)) {
      largest = std::max(largest, std::abs(t));
    }
    return std::abs(check.analytic.data()[i] - truth.data()[i]) <= 0.01L * largest;
  }

  static std::string describe(const RandomNetwork& made, const TensorCheck& check, std::size_t i,
                              long double truth) {
    std::string text = made.text;
    std::ranges::replace(text, '\n', ';');
    return fmt::format("{}{}: numeric {:.17g}, truth {:.17g}, bound {:.2g}, {}: {}",
                       check.report.name, index_text(check.report.shape, i),
                       check.numeric.data()[i], static_cast<double>(truth), check.bound.data()[i],
                       to_string(check.verdicts[i]), text);
  }

  Coverage& coverage_;
  std::vector<Violation>& found_;
};

/// Whether double holds every value to three digits: of sin(1e17) nothing is left, and which of
/// such values is the largest is decided by chance, in each precision anew.
bool held_by_double(const RandomNetwork& made, const Values<long double>& precise) {
  const Values<double> values = forward<double>(made.network);
  for (std::size_t id = 0; id < values.size(); ++id) {
    long double largest = 0, apart = 0;
    for (std::size_t i = 0; i < values[id].size(); ++i) {
      largest = std::max(largest, std::abs(precise[id].data()[i]));
      apart = std::max(apart, std::abs(precise[id].data()[i] - values[id].data()[i]));
    }
    if (!(apart <= 1e-3L * largest)) {
      return false;
    }
  }
  return true;
}

/// False if there is nothing to compare with.
bool compare_network(const RandomNetwork& made, double rtol, std::uint64_t seed,
                     Comparison& comparison) {
  CheckOptions options;
  options.rtol = rtol;
  options.seed = seed;
  Checker checker(made.network, options);
  if (!held_by_double(made, checker.long_values())) {
    return false;
  }
  const Values<long double> truth =
      backward<long double>(made.network, checker.long_values(), made.network.loss(),
                            full<long double>(made.network.value(made.network.loss()).shape, 1));
  for (const char* name : {"x", "W", "b"}) {
    const ValueId id = *made.network.find(name);
    if (!upstream_values(made.network.graph(), made.network.loss())[id]) {
      continue;
    }
    comparison.compare(made, checker.check(id), truth[id]);
  }
  return true;
}

}  // namespace

double Coverage::per_ten_thousand() const {
  return entries == 0 ? 0 : 1e4 * static_cast<double>(violations) / static_cast<double>(entries);
}

Coverage cover_bounds(std::uint64_t seed, std::size_t networks) {
  Coverage coverage;
  std::vector<Violation> found;
  Comparison comparison(coverage, found);
  for (std::size_t k = 0; k < networks; ++k) {
    const RandomNetwork made = random_network(1'000'003 * seed + k);
    try {
      coverage.networks +=
          compare_network(made, k % 2 == 0 ? 1e-7 : 1e-12, seed, comparison) ? 1 : 0;
    } catch (const LocatedError&) {
      // Not finite at its point.
    } catch (const Error& error) {
      coverage.failures.push_back(fmt::format("{}: {}", error.what(), made.text));
    }
  }
  std::ranges::stable_sort(found, std::greater{}, &Violation::ratio);
  for (std::size_t k = 0; k < std::min(found.size(), most_described); ++k) {
    coverage.worst.push_back(fmt::format("{:.3g} times the bound, {}",
                                         static_cast<double>(found[k].ratio), found[k].text));
  }
  return coverage;
}

}  // namespace gradcheck::defects
