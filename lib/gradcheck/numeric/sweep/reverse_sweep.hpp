#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/numeric/sweep/expansion.hpp>
#include <gradcheck/numeric/sweep/lone_entries.hpp>
#include <gradcheck/numeric/sweep/reverse_accumulation.hpp>
#include <gradcheck/numeric/sweep/stages.hpp>

namespace gradcheck {

/// d(target)/d(from) for some entries of a tensor that follow each other.
struct Swept {
  std::size_t first;
  const NumericGradient<double>& derivatives;
  std::map<std::size_t, Estimate> raised = {};  ///< by entry: those found again in small units

  std::size_t size() const { return derivatives.value.size(); }
  /// Of an entry of the tensor.
  Estimate estimate(std::size_t entry) const;
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
  /// that are known by their values alone, if there are any. What it finds does not depend on
  /// `jobs`, the number of threads.
  ReverseSweep(const Graph& graph, const EvaluationPoint& point, std::uint64_t seed,
               OpaqueGradients* opaque = nullptr, std::size_t jobs = 1);

  /// One entry of the target by the whole of `from`, handed on some entries at a time. False, and
  /// nothing is handed on, where that cannot be had, or where a layer is not what it says.
  using Take = std::function<void(const Swept&)>;
  bool run(ValueId from, ValueId target, std::size_t output, const Take& take);

  /// Finds those entries again after `run` for that value, so sharp that no better precision would
  /// lessen their rounding. None if that cannot be done, or takes longer than each by itself.
  std::vector<Estimate> refine(ValueId from, const std::vector<std::size_t>& entries);

  /// Finds everything anew from now on.
  void forget() { forget_chains(); }

  /// The network with layers taken apart.
  const Expansion& expansion();

  /// What a layer declares about forward and its values contradict; empty if nothing.
  const std::string& violated_declaration() const { return violated_declaration_; }

  /// Evaluations of layers, or of what lies behind a tensor, so far.
  std::uint64_t probes() const;

 private:
  /// Gradients through the opaque layers among the parts of others.
  class OpaqueBesideParts final : public OpaqueGradients {
   public:
    OpaqueBesideParts(OpaqueGradients& opaque, const Expansion& expansion)
        : opaque_(opaque), expansion_(expansion) {}
    bool knows(std::size_t node) const override {
      return expansion_.original_node(node).has_value();
    }
    NumericGradient<double> through(std::size_t node, std::size_t slot,
                                    const NumericGradient<double>& outputs) override {
      return opaque_.through(*expansion_.original_node(node), slot, outputs);
    }

   private:
    OpaqueGradients& opaque_;
    const Expansion& expansion_;
  };

  const Graph& graph() { return taken_apart_ ? expansion().graph() : original_; }
  const EvaluationPoint& point() { return taken_apart_ ? expansion().point() : original_point_; }
  OpaqueGradients* opaque();
  bool reach(ValueId from);
  bool sooner_alone(ValueId from, std::size_t entries);
  void aim(ValueId target, std::size_t output);
  ReverseAccumulation<double>& chain();
  void forget_chains();
  const Values<long double>& precise_values();
  ReverseAccumulation<long double>& precise();
  std::map<ValueId, Tensor> raised_seeds() const;
  std::vector<Estimate> raised_estimates(ValueId from, const std::vector<std::size_t>& entries);
  template <class Derivative>
  std::map<std::size_t, Estimate> raised(ValueId from, const std::vector<std::size_t>& entries,
                                         Derivative derivative);
  bool as_declared(ReverseAccumulation<double>& chain);
  bool sample_agrees(ValueId from);
  bool stages_agree(ValueId from);
  const Stages& stages();
  std::string test_stage(ValueId from, const Stage& stage, bool entries);

  const Graph& original_;
  const EvaluationPoint& original_point_;
  std::optional<Expansion> expansion_;  ///< made when it is first needed
  bool taken_apart_ = true;             ///< until parts beside opaque layers lead nowhere
  std::mt19937_64 random_;
  std::uint64_t seed_;
  OpaqueGradients* opaque_;
  std::size_t jobs_;
  std::optional<OpaqueBesideParts> opaque_beside_parts_;
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
  std::set<ReverseAccumulation<double>::Use> tested_;
  std::optional<Stages> stages_;  ///< to the target; made when they are first needed
  Evaluator<double> lone_;        ///< of samples
  std::set<std::pair<std::size_t, ValueId>>
      agreeing_;  ///< by output: where stages begin that agree
  std::string violated_declaration_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
