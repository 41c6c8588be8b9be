#pragma once

#include <string>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// The report as JUnit XML: a test suite per case; in it a test case per tensor, claim and
/// statement of the derivation. A case that could not be checked is one test case with an error.
/// Errata and claims off in their last digit pass; what is inconclusive fails unless that is
/// allowed; an inherited statement is skipped, for the fault is in another one. Characters that
/// XML 1.0 forbids become U+FFFD.
std::string to_junit(const Report& report, bool allow_inconclusive = false);

}  // namespace gradcheck
