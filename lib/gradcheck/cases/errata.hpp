#pragma once

#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/plan.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// Marks the findings and statements that [errata] lists, with their reasons, and the claims and
/// statements with an erratum although they are right as stale. `plans` belong to `claims`, one
/// each. An erratum that names no claim is a mistake.
void apply_errata(const std::vector<Erratum>& errata, const std::vector<PlannedClaim>& plans,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation,
                  Mistakes& mistakes);

}  // namespace gradcheck
