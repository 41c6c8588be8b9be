#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

/// A number that has a meaning where a gradient is taken: 5, "the batch size".
struct NamedNumber {
  double value = 0;
  std::string name;
};

/// How an entry of the analytic gradient follows from the numeric one: a = factor · n + offset.
struct Rule {
  double factor = 1;
  double factor_error = 0;  ///< how far off `factor` may be
  double offset = 0;
  double offset_error = 0;

  Foretold at(const Observation& seen, std::size_t entry) const;
  bool zero() const { return factor == 0 && offset == 0; }
};

/// The rule a = c · n, or a = n + c, that fits all of `entries`; none if there is none, if c cannot
/// be told from 1 or 0, or, for the second, with a single entry. c is a plain number (2, 1/3, one
/// of `numbers` or its inverse) where that fits as well as any other.
std::optional<Rule> common_rule(const Observation& seen, std::span<const std::size_t> entries,
                                const std::vector<NamedNumber>& numbers);

/// "analytic = numeric / 5"
std::string text_of(const Rule& rule);
/// "zero", "sign flipped", "constant factor", "constant added"
std::string name_of(const Rule& rule);
/// "5 is the batch size: averaged over the batch where the loss already is?"; "" if the factor has
/// no name.
std::string meaning_of(const Rule& rule, const std::vector<NamedNumber>& numbers);

}  // namespace gradcheck
