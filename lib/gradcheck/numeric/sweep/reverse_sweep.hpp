#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/numeric/sweep/expansion.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>

namespace gradcheck {

/// d(target)/d(from) for every entry of a tensor, found all together.
struct Swept {
  NumericGradient<double> derivatives;
  std::map<std::size_t, Estimate> refined = {};  ///< by entry: those found again, sharper
  bool at_its_best = false;  ///< no better precision would lessen the rounding of `refined`

  Estimate estimate(std::size_t entry) const;
  /// The entry's rounding, if no better precision would lessen it; else 0.
  double attainable(std::size_t entry) const;
};

/// Differentiates whole tensors at once: the derivatives of every value are carried from the target
/// back, layer by layer (ReverseAccumulation), and serve all tensors behind it. So a check of all
/// weights costs about as much as a few dozen evaluations of the network, however many they are.
/// Only facts about forward enter, and what was used of them is tested, in every run, with a sample
/// of the entries moved alone from one end of the network to the other. Layers that say of what
/// simpler ones they are made are taken apart first (Expansion).
class ReverseSweep {
 public:
  /// Graph and point must outlive it, and `opaque`, which is asked for the gradients through layers
  /// that are known by their values alone, if there are any.
  ReverseSweep(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed,
               OpaqueGradients* opaque = nullptr);

  /// One entry of the target by the whole of `from`. None where that cannot be had, or where a
  /// layer is not what it says.
  std::optional<Swept> run(ValueId from, ValueId target, std::size_t output);

  /// Finds those entries again, sharper, after `run` for that value; false if that cannot be done.
  bool refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept);

  /// Finds everything anew from now on.
  void forget() { forget_chains(); }

  /// What a layer declares about forward and its values contradict; empty if nothing.
  const std::string& violated_declaration() const { return violated_declaration_; }

  /// Evaluations of layers, or of what lies behind a tensor, so far.
  std::uint64_t probes() const;

 private:
  const Graph& graph() { return opaque_ != nullptr ? original_ : expansion().graph(); }
  const EvaluationPoint& point() {
    return opaque_ != nullptr ? original_point_ : expansion().point();
  }
  const Expansion& expansion();
  void aim(ValueId target, std::size_t output);
  ReverseAccumulation<double>& chain();
  void forget_chains();
  const Values<long double>& precise_values();
  ReverseAccumulation<long double>& precise();
  std::map<ValueId, Tensor> raised_seeds() const;
  std::vector<Estimate> raised_estimates(ValueId from, const std::vector<std::size_t>& entries);
  void raise_faint(ValueId from, const std::vector<std::size_t>& entries, Swept& swept);
  bool as_declared(const ReverseAccumulation<double>& chain);
  bool sample_agrees(ValueId from, const NumericGradient<double>& derivatives);

  const Graph& original_;
  const EvaluationPoint& original_point_;
  std::optional<Expansion> expansion_;  ///< made when it is first needed; not beside opaque layers
  std::mt19937_64 random_;
  std::uint64_t seed_;
  OpaqueGradients* opaque_;
  std::optional<ValueId> target_;
  std::size_t output_ = 0;
  std::map<ValueId, Tensor> seeds_;
  std::map<std::size_t, ReverseAccumulation<double>> chains_;  ///< by output of the target
  /// In long double, at the point where the values in double are; made when it is first needed.
  Values<long double> precise_values_;
  std::optional<ReverseAccumulation<long double>> precise_;
  /// The same in small units, for derivatives that are so small that the squares of their rounding
  /// are lost.
  std::optional<ReverseAccumulation<long double>> raised_;
  std::set<std::pair<std::size_t, ValueId>> tested_;
  std::string violated_declaration_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
