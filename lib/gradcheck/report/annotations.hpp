#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// A remark on a place in a case file.
struct Annotation {
  /// What it is about, the worst first.
  enum class Rank { error, disagree, wrong_statement, wrong_claim, stale, inconclusive, remark };
  Rank rank = Rank::error;
  double size = 0;  ///< within a rank the largest first
  std::string file = {};
  std::size_t line = 0;
  std::size_t column = 0;
  std::string title = {};
  std::string message = {};
};

/// All that is to be said about a run, in the order of the report.
struct Annotations {
  std::vector<Annotation> errors;    ///< what fails the run
  std::vector<Annotation> warnings;  ///< what is inconclusive where that is allowed
  std::vector<Annotation> notices;   ///< claims off in their last digit
};

Annotations annotations_of(const Report& report, bool allow_inconclusive);

}  // namespace gradcheck
