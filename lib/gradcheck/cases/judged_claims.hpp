#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/cases/plan.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// What judging the claims of a case brought to light.
struct JudgedClaims {
  std::vector<ClaimReport> claims;  ///< one for each plan
  std::vector<bool> judged;         ///< which of them could be
  Mistakes mistakes;                ///< what hindered the others
  /// d(y)/d(x) of the claims on the network as it is given, by y and x.
  std::map<std::pair<ValueId, ValueId>, TensorCheck> jacobians;
  std::vector<TensorReport> tensors;  ///< Jacobians, and gradients that do not agree after training
  std::vector<std::string> notes;
  std::uint64_t probes = 0;  ///< those of later states
};

/// The report of a comparison of d(to)/d(from), as it is listed: by the name "to/from".
TensorReport jacobian_report(const TensorCheck& check, const Network& network, ValueId to,
                             ValueId from);

/// Judges each claim at the state that it speaks of, training the network as far as is needed.
/// `start` checks the network as it is given, `checked` are the gradients compared there. Mistakes:
/// a formula that cannot be evaluated, a training that diverges, a Jacobian that is too large.
JudgedClaims judge_claims(const CaseFile& file, const std::vector<PlannedClaim>& plans,
                          const CheckOptions& options, Checker& start,
                          const std::map<ValueId, TensorCheck>& checked);

}  // namespace gradcheck
