#pragma once

#include <map>
#include <string>
#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/case_rounding.hpp>
#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

/// A derivation's statements that claim a gradient, and the helpers that are to blame.
struct CheckedDerivation {
  std::vector<StatementReport> statements;  ///< in the order of the file
  std::vector<Diagnosis> diagnosis;
  std::vector<std::string> helpers;  ///< those that are read: "s (line 14)"
  std::vector<std::string> notes;
  Mistakes mistakes;  ///< of lines that could not be judged; all others are
};

/// How strictly a derivation is judged.
struct DerivationTolerance {
  bool as_printed = false;     ///< its numbers carry half a unit of their last digit
  std::optional<double> rtol;  ///< that of gradients, if it has none of its own
};

/// Checks a backward pass written by hand, statement by statement, against the numeric gradients.
///
/// A statement dNAME is wrong in itself (`disagree`) if its value is wrong and stays wrong when
/// every gradient before it is replaced by the right one, or if it has none since shapes do not
/// fit; `inherited` if the right gradients before it, or the right value of a wrong helper, make it
/// right; `not_judged` if something that it reads has no value; `agree` if its value is right as it
/// is. A helper is wrong where another value, which means something in the network, would make
/// every statement right that reads it. At a kink, any derivative between the one-sided ones is
/// right, and what follows is judged with the derivative chosen. `checked` are the tensors compared
/// so far, by ValueId: what agrees there is not probed again. What wrong statements look like, if
/// that is anything, is a diagnosis each.
CheckedDerivation check_derivation(const Program& derivation, Checker& checker,
                                   const std::map<ValueId, TensorCheck>& checked,
                                   CaseRounding& rounding, const DerivationTolerance& tolerance,
                                   const CheckOptions& options);

/// The names of a network with their values, in both precisions.
Environment environment_of(const Network& network, const Values<double>& values,
                           const Values<long double>& long_values);

}  // namespace gradcheck
