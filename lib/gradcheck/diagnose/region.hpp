#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/diagnose/rule.hpp>

namespace gradcheck {

/// A set of a tensor's entries that has a name: "where x < 0".
struct Condition {
  std::string name;
  std::vector<bool> holds;  ///< an entry each
};

/// Whether only some entries are wrong, which can be said in few words: one entry, a row, a column,
/// the border, the first or last rows or entries, or those of a condition. Inside, one rule may
/// hold ("only row 2: analytic = 0 there").
std::optional<Pattern> wrong_region(const Observation& seen,
                                    const std::vector<NamedNumber>& numbers,
                                    const std::vector<Condition>& conditions);

}  // namespace gradcheck
