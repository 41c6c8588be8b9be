#pragma once

#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

/// A derivation's statements that claim a gradient.
struct CheckedDerivation {
  std::vector<StatementReport> statements;
  std::vector<Diagnosis> diagnosis;
};

/// Checks a backward pass written by hand, statement by statement, against the numeric gradients.
///
/// A statement dNAME is wrong in itself (`disagree`) if its value is wrong and stays wrong when
/// every gradient before it is replaced by the right one; `inherited` if that makes it right;
/// `agree` if its value is right as it is. At a kink, any derivative between the one-sided ones is
/// right, and what follows is judged with the derivative chosen. Throws LocatedError where a
/// statement cannot be evaluated even with the right gradients, or assigns a name twice. `checked`
/// are the tensors compared so far, by ValueId: what agrees there is not probed again. What the
/// values of wrong statements look like, if that is anything, is a diagnosis each.
CheckedDerivation check_derivation(const Program& derivation, Checker& checker,
                                   const std::map<ValueId, TensorCheck>& checked,
                                   const CheckOptions& options);

/// The names of a network with their values, in both precisions.
Environment environment_of(const Network& network, const Values<double>& values,
                           const Values<long double>& long_values);

}  // namespace gradcheck
