#pragma once

#include <map>
#include <optional>
#include <string>

#include <gradcheck/cases/case_rounding.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

/// How somebody's gradient of one value compares with the numeric one.
struct Judged {
  bool agrees = false;
  double relative_error = 0;  ///< the largest; infinite where the shape is another
  std::string why;            ///< "[0] is 3, numerically -4 (relative error 1.8)"
  std::string note;           ///< of what agrees all the same: another shape
  std::optional<EntryReport> worst;
};

/// Judges gradients that a derivation claims against the numeric side alone. They may be off by
/// what rounding did to the right ones; axes of size 1 are ignored.
class StatementJudge {
 public:
  /// `rtol`, if given, is in place of that of the network's own gradients.
  StatementJudge(Checker& checker, const std::map<ValueId, TensorCheck>& checked,
                 CaseRounding& rounding, std::optional<double> rtol, const CheckOptions& options);

  /// `printed`: how far the numbers written in the statement may move each entry, if they are
  /// rounded.
  Judged operator()(ValueId value, const Evaluated& claim, const std::optional<Tensor>* printed);

  /// At a kink, what follows is judged with the derivative chosen, unless that was wrong.
  void forget(ValueId value) { claims_.erase(value); }

  /// What a wrong claim looks like, if it is anything.
  std::optional<Diagnosis> diagnosis(ValueId value, const Evaluated& claim,
                                     const std::string& name);

 private:
  TensorCheck compared(ValueId value, const Tensor& claimed, const Tensor& rounding);
  bool within(const TensorCheck& check, ValueId value, const Tensor& claimed,
              const Tensor& rounding, const std::optional<Tensor>* printed);
  std::string derivatives_of(ValueId value, const TensorCheck& check);

  Checker& checker_;
  const std::map<ValueId, TensorCheck>& checked_;
  CaseRounding& rounding_;
  std::optional<double> rtol_;
  const CheckOptions& options_;
  std::map<ValueId, Tensor> claims_;
  std::map<ValueId, TensorCheck> numeric_;  ///< of claims that disagree: the numeric side
};

}  // namespace gradcheck
