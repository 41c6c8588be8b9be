#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gradcheck/cases/plan.hpp>
#include <gradcheck/check/checker.hpp>
#include <gradcheck/check/report.hpp>

namespace gradcheck {

/// What judging the claims of a case brought to light.
struct JudgedClaims {
  std::vector<ClaimReport> claims;    ///< one for each plan
  std::vector<TensorReport> tensors;  ///< Jacobians, and gradients that do not agree after training
  std::vector<std::string> notes;
  std::uint64_t probes = 0;  ///< those of later states
};

/// Judges each claim at the state that it speaks of, training the network as far as is needed.
/// `start` checks the network as it is given, `checked` are the gradients compared there. Throws
/// LocatedError: a formula that cannot be evaluated, a training that diverges, a Jacobian that is
/// too large.
JudgedClaims judge_claims(const CaseFile& file, const std::vector<PlannedClaim>& plans,
                          const CheckOptions& options, Checker& start,
                          const std::map<ValueId, TensorCheck>& checked);

}  // namespace gradcheck
