#pragma once

#include <string>
#include <vector>

#include <gradcheck/compare/entry_refinement.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/result/options.hpp>

namespace gradcheck {

/// Judges a tensor's entries, for each output of the target, by a sweep's estimates. Those that a
/// sweep leaves open are settled one by one; of those that disagree, the worst and some random ones
/// are moved alone and, where that does not tell, settled as well: the rest is as they are.
class SweptEntries {
 public:
  /// What is known about one entry.
  struct Entry {
    Estimate estimate;
    Judgement judgement;
  };

  /// Of `analytic`, `entries` values for each output. It and the options must outlive this.
  SweptEntries(const std::vector<Analytic>& analytic, std::size_t entries,
               const CheckOptions& options);

  /// Judges one output by all entries. Returns those that the sweep leaves open, neither agreeing
  /// nor disagreeing.
  std::vector<std::size_t> judge_output(std::size_t output, const Swept& swept);

  /// The same for some of them, by better estimates.
  std::vector<std::size_t> judge_again(std::size_t output, const std::vector<std::size_t>& entries,
                                       const Swept& swept);

  /// After the last output: chooses what is to be settled one by one; whether there is anything.
  bool choose();

  /// Confirms those that disagree when they are moved alone, too; whether there are others.
  bool confirm(LoneEntries& alone);

  /// Settles what is left, with all that there is. False if a single entry contradicts the sweep.
  bool settle(Differentiator& differentiator);

  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& reason() const { return reason_; }

  /// "32 of 32 confirmed" beyond a number of disagreements that are not all looked at; else empty.
  std::string confirmation() const;

 private:
  Verdict judge_entry(std::size_t output, std::size_t i, const Swept& swept);
  bool accused(std::size_t place) const;
  bool disagrees_alone(LoneEntries& alone, std::size_t place) const;
  void choose_disagreeing(std::vector<std::size_t> disagreeing);
  void settle_column(Differentiator& differentiator, std::size_t i,
                     const std::vector<std::size_t>& places);

  const std::vector<Analytic>& analytic_;
  std::size_t columns_;  ///< entries of the value
  const CheckOptions& options_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> chosen_;  ///< places to be settled one by one
  std::size_t disagreeing_ = 0;      ///< by the sweep
  std::size_t confirmed_ = 0;
  std::size_t looked_at_ = 0;
  std::string reason_;
};

}  // namespace gradcheck
