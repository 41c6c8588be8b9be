#pragma once

#include <map>
#include <string>
#include <vector>

#include <gradcheck/compare/entry_refinement.hpp>
#include <gradcheck/compare/sample_to_confirm.hpp>
#include <gradcheck/compare/tally.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/result/options.hpp>

namespace gradcheck {

/// Judges a tensor's entries, for each output of the target, by a sweep's estimates, as they come:
/// what agrees is counted and forgotten. Entries that a sweep leaves open are settled one by one;
/// of those that disagree, the worst and some random ones are moved alone and, where that does not
/// tell, settled as well: the rest is as they are.
class SweptEntries {
 public:
  /// The tensor's analytic side and its rounding, `entries` values for each output. All must
  /// outlive this.
  SweptEntries(TensorCheck& check, const Tensor& rounding, std::size_t entries,
               const CheckOptions& options);

  /// Judges some entries of one output.
  void judge_block(std::size_t output, const Swept& block);

  /// Those of an output that the sweep leaves open, neither agreeing nor disagreeing.
  std::vector<std::size_t> open(std::size_t output) const;

  /// Judges these again by estimates that are as sharp as can be.
  void judge_again(std::size_t output, const std::vector<std::size_t>& entries,
                   const std::vector<Estimate>& estimates);

  /// After the last output: chooses what is to be settled one by one; whether there is anything.
  bool choose();

  /// Confirms those that disagree when they are moved alone, too; whether there are others.
  bool confirm(LoneEntries& alone);

  /// Settles what is left, with all that there is. False if a single entry contradicts the sweep.
  bool settle(Differentiator& differentiator);

  /// Counts what was kept until now, and writes the report.
  void finish();

  const std::string& reason() const { return reason_; }

  /// "32 of 32 confirmed" beyond a number of disagreements that are not all looked at; else empty.
  std::string confirmation() const;

 private:
  /// What is known about one entry.
  struct Entry {
    Estimate estimate;
    Judgement judgement;
  };

  Analytic analytic(std::size_t place) const;
  Entry judged(std::size_t place, const Estimate& estimate, double attainable) const;
  void add(std::size_t place, const Entry& entry);
  void keep(std::size_t place, const Entry& entry);
  bool disagrees_alone(LoneEntries& alone, std::size_t place) const;
  void settle_column(Differentiator& differentiator, std::size_t i,
                     const std::vector<std::size_t>& places);

  const TensorCheck& check_;
  const Tensor& rounding_;
  std::size_t columns_;  ///< entries of the value
  const CheckOptions& options_;
  Tally tally_;
  std::map<std::size_t, Entry> kept_;  ///< by place: that are open, or to be looked at
  SampleToConfirm disagreeing_;        ///< by the sweep
  std::vector<std::size_t> chosen_;    ///< places to be settled one by one
  std::size_t confirmed_ = 0;
  std::size_t looked_at_ = 0;
  std::string reason_;
};

}  // namespace gradcheck
