#pragma once

#include <map>
#include <utility>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// What checking a case brought to light: the report and, for `explain`, what it was drawn from.
struct CaseOutcome {
  Network network;
  Values<double> values;
  std::map<ValueId, TensorCheck> checked;  ///< gradients of the loss, by value
  std::map<std::pair<ValueId, ValueId>, TensorCheck> jacobians;  ///< claimed ones, by y and x
  CaseReport report;                                             ///< without id, file and times
};

/// Checks one case: every gradient that it asks for, its claims at every state that they speak of,
/// its derivation, its errata. A mistake in one of these is an error of the report, all others are
/// judged; throws LocatedError (SeveralMistakes) where there is no network to check.
CaseOutcome check_case(ReadCase read, const CheckOptions& options,
                       const LayerLibrary& library = standard_layers());
CaseOutcome check_case(const CaseFile& file, const CheckOptions& options,
                       const LayerLibrary& library = standard_layers());

}  // namespace gradcheck
