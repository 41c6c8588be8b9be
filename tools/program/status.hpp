#pragma once

#include <stdexcept>

#include <gradcheck/result/report.hpp>

namespace gradcheck::program {

/// The exit statuses. A bad input wins over a disagreement.
inline constexpr int status_agree = 0;
inline constexpr int status_disagree = 1;
inline constexpr int status_bad_input = 2;
inline constexpr int status_internal_error = 3;

/// A command line that cannot be carried out; what() is one line, or two with a hint.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

int status_of(const CaseReport& report, bool allow_inconclusive);
int status_of(const Report& report, bool allow_inconclusive);

}  // namespace gradcheck::program
