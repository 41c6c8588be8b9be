#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gradcheck/check/options.hpp>
#include <gradcheck/check/settler.hpp>
#include <gradcheck/numeric/tensor_sweep.hpp>

namespace gradcheck {

/// Judges a tensor's entries by a sweep's estimates. Those that a sweep leaves open are settled one
/// by one; of those that disagree, the worst and some random ones are as well: the rest is as they
/// are.
class SweptEntries {
 public:
  /// What is known about one entry.
  struct Entry {
    Estimate estimate;
    Judgement judgement;
  };

  /// Analytic values and options must outlive it.
  SweptEntries(const Swept& swept, const std::vector<Analytic>& analytic,
               const CheckOptions& options);

  /// Entries that the sweep leaves open, neither agreeing nor disagreeing.
  const std::vector<std::size_t>& inconclusive() const { return inconclusive_; }

  /// Settles what is to be settled one by one. False if a single entry contradicts the sweep.
  bool settle(Differentiator& differentiator);

  /// Whether `settle` has anything to do.
  bool open() const { return !chosen_.empty(); }

  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& reason() const { return reason_; }

  /// "2 of 2 confirmed" beyond a number of disagreements that are not all looked at; else empty.
  std::string confirmation() const;

 private:
  void choose_disagreeing(std::vector<std::size_t> disagreeing);

  const std::vector<Analytic>& analytic_;
  const CheckOptions& options_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> inconclusive_;
  std::vector<std::size_t> chosen_;  ///< to be settled one by one
  std::size_t disagreeing_ = 0;      ///< by the sweep
  std::size_t confirmed_ = 0;
  std::size_t looked_at_ = 0;
  std::string reason_;
};

}  // namespace gradcheck
