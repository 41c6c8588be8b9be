#include "status.hpp"

#include <algorithm>

namespace gradcheck::program {

int status_of(const CaseReport& report, bool allow_inconclusive) {
  if (report.error || report.verdict == Verdict::error) {
    return status_bad_input;
  }
  return passes(report, allow_inconclusive) ? status_agree : status_disagree;
}

int status_of(const Report& report, bool allow_inconclusive) {
  int status = status_agree;
  for (const CaseReport& one : report.cases) {
    status = std::max(status, status_of(one, allow_inconclusive));
  }
  return status;
}

}  // namespace gradcheck::program
