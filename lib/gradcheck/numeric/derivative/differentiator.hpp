#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gradcheck/numeric/derivative/chain_rule.hpp>
#include <gradcheck/numeric/derivative/difference.hpp>
#include <gradcheck/numeric/derivative/forward_accumulation.hpp>
#include <gradcheck/numeric/derivative/probe_rounding.hpp>
#include <gradcheck/numeric/derivative/sides.hpp>
#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/point/evaluator.hpp>

namespace gradcheck {

/// How numeric derivatives are formed.
struct DifferenceOptions {
  bool forward_difference = false;  ///< (f(x + h) − f(x)) / h, fixed by the user
  std::optional<double> step;       ///< an absolute step, fixed by the user
  bool plain = false;               ///< the whole network for every probe
  std::uint64_t seed = 0;
};

/// Differentiates values of a network numerically, entry by entry, from forward evaluations alone.
///
/// The first pass takes at most four probes: one pair in long double or, of a large
/// tensor, central differences at two steps, extrapolated. Each refinement adds work where the
/// caller finds that it is needed: another family of steps in long double, or the chain rule where
/// rounding outweighs what they would see; then larger steps where rounding dominates the bound and
/// smaller ones where truncation does. A probe that is not finite is discarded and the step
/// shrinks; at the edge of a domain the difference becomes one-sided. Where a layer on
/// the way calculates in float32, there is no better precision to be had of it: the steps are
/// larger, and the difference is carried through layer by layer (ForwardAccumulation), from far to
/// near, so that all other layers keep their digits.
class Differentiator {
 public:
  /// `graph` and `point` must outlive it.
  Differentiator(const Graph& graph, const EvaluationPoint& point, DifferenceOptions options);

  /// What is differentiated with respect to what from now on.
  void aim(ValueId from, ValueId target);

  /// The first pass for one entry.
  Difference start(std::size_t entry);

  /// More work on the same entry; false if nothing more can be done.
  bool refine(Difference& difference);

  /// The same entry from another family of steps, as small as rounding allows if differences of
  /// `resolution` are still to be seen: an independent look, from nearer.
  Difference independent_estimate(const Difference& difference, long double resolution);

  /// The same entry by the chain rule, layer by layer, from steps of `nearness` times the usual
  /// ones; empty where that is not to be had.
  std::vector<Estimate> layer_by_layer(std::size_t entry, long double nearness = 1);

  /// What both sides of an entry look like, an entry of the target each.
  std::vector<Sides> sides(std::size_t entry);
  /// The same along a direction through the aimed value, of its shape; derivatives per unit of it.
  std::vector<Sides> sides(const Tensor& direction);

  /// The scale on which an entry is moved.
  double scale(std::size_t entry) const { return scales_.data()[entry]; }

  /// Whether the user fixed how differences are formed: then there is nothing to refine.
  bool fixed() const { return options_.forward_difference || options_.step.has_value(); }

  /// What the aimed value's layers declare about forward (Forward::move) and what a plain
  /// evaluation of the whole network contradicts; empty if nothing. Then everything is
  /// re-evaluated.
  const std::string& violated_declaration() const { return violated_declaration_; }

  /// Perturbed evaluations so far.
  std::uint64_t probes() const {
    return probes_ + chain_rule_.probes() + forward_accumulation_.probes();
  }

  /// Whether the last probe moved what a tied site reads.
  bool reaches_tie(std::size_t entry);

 private:
  template <class Real>
  std::optional<std::vector<Real>> probe(Evaluator<Real>& evaluator, std::size_t entry,
                                         Real position);
  template <class Real>
  std::optional<std::vector<Quotient>> quotients_in(Evaluator<Real>& evaluator,
                                                    const Values<Real>& base,
                                                    const Difference& difference, double step);
  /// The target on both sides of the point, and at it.
  struct Probed {
    long double above, here, below;
  };
  Quotient quotient_of(const Probed& y, long double step, long double distance, std::size_t output,
                       long double epsilon) const;
  void set_scope(ProbeScope reach);
  void test_moves();
  std::optional<std::vector<double>> displaced(const Tensor& direction, double step);
  std::vector<std::vector<Quotient>> quotients_of_side(const Tensor& direction,
                                                       const std::vector<double>& here,
                                                       double sign);
  std::optional<Difference> first_pair(std::size_t entry);
  bool first_pair_from(Difference& difference, double step);
  bool is_locally_constant(const Difference& difference);
  bool still_consumers() const;
  Difference first_pass(std::size_t entry, double fraction);
  double calibrated_fraction();
  bool add(Difference& difference, double step);
  bool propagate(Difference& difference);
  bool larger_steps_promise(const Difference& difference) const;
  bool start_in_long_double(Difference& difference, double fraction);
  bool step_back(Difference& difference);
  bool add_smaller(Difference& difference);
  bool come_nearer(Difference& difference);
  bool refine_in_float32(Difference& difference);
  ForwardAccumulation::Result carried_through_float32(const Difference& difference);
  bool start_in_float32(Difference& difference);
  bool independent_in_float32(Difference& look);
  bool fill(Difference& difference, double largest, int count);
  bool begin(Difference& difference, double largest, int count);

  const Graph& graph_;
  const EvaluationPoint& point_;
  DifferenceOptions options_;
  Evaluator<double> evaluator_;
  Evaluator<long double> long_evaluator_;
  ChainRule chain_rule_;
  ForwardAccumulation forward_accumulation_;
  ProbeRounding probe_rounding_;
  bool long_double_helps_;  ///< here, and in every layer
  ValueId from_ = 0;
  ValueId target_ = 0;
  bool float32_ = false;  ///< a layer between the two calculates in float32
  Tensor scales_;
  bool starts_with_pair_ = false;       ///< whether the first pass is a first pair
  std::vector<long double> long_base_;  ///< the target where nothing is moved, if glances are taken
  double fraction_ = 0;                 ///< of the scale: the first pass's smaller step
  Tensor rounding_errors_;              ///< of the target's entries, at the point and a step away
  std::string violated_declaration_;
  std::string failure_;  ///< what the last probe that was discarded met
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
