#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/cases/training.hpp>
#include <gradcheck/check/checker.hpp>

namespace gradcheck {

/// A state of the training at which claims are judged.
struct ClaimedState {
  Checker& checker;  ///< of `now`
  const State& start;
  const State& now;
  std::size_t steps;  ///< between the two
  bool after;         ///< claimed under [[claims.after]]
};

/// What a claim speaks of, worked out.
struct ClaimSubject {
  Computed computed;
  ClaimPlace place;
  SlopesAt slopes;
};

/// The report on a comparison of d(to)/d(from): under the name "to/from", with the Jacobian's
/// shape.
TensorReport jacobian_report(const TensorCheck& check, const Network& network, ValueId to,
                             ValueId from);

/// Finds what claims speak of. A gradient or Jacobian is compared with the numeric side once a
/// state, however many claims there are about it; Jacobians, and gradients of later states that do
/// not agree, are added to the report's tensors, as "y/x" and "x".
class ClaimSubjects {
 public:
  /// The outcome, with the gradients checked at the start, must outlive this.
  explicit ClaimSubjects(CaseOutcome& outcome) : outcome_(outcome) {}

  /// Throws LocatedError at a key that names nothing that may be claimed so. The result refers to
  /// the state's checker.
  ClaimSubject of(const Claim& claim, const ClaimedState& state);

 private:
  ClaimSubject value_of(const Claim& claim, const ClaimedState& state);
  ClaimSubject jacobian_of(const Claim& claim, const ClaimedState& state);
  const TensorCheck& gradient(const ClaimedState& state, ValueId id);
  const TensorCheck& jacobian(const ClaimedState& state, ValueId to, ValueId from);

  CaseOutcome& outcome_;
  std::map<std::pair<std::size_t, ValueId>, TensorCheck> later_;  ///< gradients, by steps and value
};

}  // namespace gradcheck
