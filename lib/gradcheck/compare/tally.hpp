#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/compare/judge.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// One tensor's gradient, both ways and entry by entry.
struct TensorCheck {
  TensorReport report;
  Tensor analytic;
  std::optional<Tensor> in_double;  ///< of a Jacobian judged in float32: the same in double
  Tensor numeric;
  Tensor bound;
  std::vector<Verdict> verdicts;  ///< an entry each
  std::string note;               ///< worth saying though it changes no verdict; may be empty
  std::vector<bool> at_kink;      ///< an entry each: whether moving it moves what a tied site reads
  /// By entry: the derivative, where it is smooth at kinks, and the gradient is that of one side.
  std::map<std::size_t, double> other_derivatives = {};
};

/// Gathers judged entries into a TensorCheck whose analytic side is filled in already.
class Tally {
 public:
  Tally(TensorCheck& check, const CheckOptions& options);

  /// The entry at flat position `place`.
  void add(std::size_t place, const Analytic& analytic, const Estimate& numeric,
           const Judgement& judgement);

  /// After the last entry: a tensor of which nothing could be resolved, though not all zero, is
  /// inconclusive.
  void finish();

 private:
  void consider_worst(std::size_t place, const Analytic& analytic, const Estimate& numeric,
                      const Judgement& judgement);

  TensorCheck& check_;
  double rtol_;
  long double worst_ = 0;
  bool nonzero_ = false;
};

/// Judges another analytic side, `claimed` ± `rounding`, against numeric values found before. Meant
/// for values that settled one analytic side already: their bounds are accepted as they are.
TensorReport compare_with(const TensorCheck& found, const Tensor& claimed, const Tensor& rounding,
                          const CheckOptions& options);

}  // namespace gradcheck
