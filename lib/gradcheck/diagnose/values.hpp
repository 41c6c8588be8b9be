#pragma once

#include <optional>

#include <gradcheck/diagnose/rule.hpp>

namespace gradcheck {

/// Entries that are NaN among others that are right (or all of them): "never written".
std::optional<Pattern> never_written(const Observation& seen);

/// Every entry is the numeric one rounded to float32: "float32 precision". Also where all entries
/// agree to rtol.
std::optional<Pattern> in_float32(const Observation& seen);

/// One rule for all entries: "zero", "sign flipped", "constant factor", "constant added". A single
/// entry must be a whole multiple or part.
std::optional<Pattern> one_rule(const Observation& seen, const std::vector<NamedNumber>& numbers);

/// Every entry is the numeric one without its sign: "sign lost".
std::optional<Pattern> without_sign(const Observation& seen);

/// Every entry has one value, the mean or the sum of the numeric ones: "same everywhere".
std::optional<Pattern> same_everywhere(const Observation& seen);

}  // namespace gradcheck
