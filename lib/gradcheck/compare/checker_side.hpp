#pragma once

#include <optional>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/compare/stopwatch.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/numeric/sweep/tie_reach.hpp>

/// What a Checker keeps for itself; included by its own files only.
namespace gradcheck {

inline DifferenceOptions difference_options(const CheckOptions& options) {
  DifferenceOptions result;
  result.forward_difference = options.method == Method::forward;
  result.step = options.step;
  result.plain = options.sweep == Sweep::plain;
  result.seed = options.seed;
  return result;
}

/// The numeric side of a network at a point, which must outlive it: every way of differentiating
/// there.
struct Checker::Side {
  Side(const Graph& graph, const EvaluationPoint& at, const CheckOptions& options,
       OpaqueGradients* opaque)
      : point(at),
        ties(graph, point, options.seed),
        graph_(graph),
        options_(difference_options(options)) {
    if (options.sweep == Sweep::automatic && !options.method && !options.step) {
      sweep.emplace(graph, point, options.seed, opaque, options.jobs);
    }
  }

  /// Made when it is first needed: it copies all values, in both precisions.
  Differentiator& differentiator() {
    if (!differentiator_) {
      differentiator_.emplace(graph_, point, options_);
    }
    return *differentiator_;
  }
  std::uint64_t probes() const {
    return lone_probes + ties.probes() + (differentiator_ ? differentiator_->probes() : 0) +
           (sweep ? sweep->probes() : 0);
  }

  const EvaluationPoint& point;
  std::optional<ReverseSweep> sweep;  ///< none where every entry is to be moved on its own
  TieReach ties;
  std::uint64_t lone_probes = 0;  ///< of entries that were only moved alone

 private:
  const Graph& graph_;
  DifferenceOptions options_;
  std::optional<Differentiator> differentiator_;
};

/// Of one comparison: what it takes, and to whom it tells how far it is.
class Checker::Account {
 public:
  /// `entries`: of a Jacobian, those of all its rows.
  Account(const CheckOptions& options, const Side& side, const TensorReport& tensor,
          std::size_t entries)
      : options_(options), side_(side), tensor_(tensor), entries_(entries), before_(side.probes()) {
    tell(0);
  }

  void tell(std::size_t done) const {
    if (options_.progress) {
      options_.progress({tensor_.name, done, entries_, watch_.seconds()});
    }
  }

  Effort effort(bool swept) const {
    const Way single = options_.sweep == Sweep::plain ? Way::plain : Way::entry_by_entry;
    return {swept ? Way::shared : single, side_.probes() - before_, watch_.seconds()};
  }

 private:
  const CheckOptions& options_;
  const Side& side_;
  const TensorReport& tensor_;
  std::size_t entries_;
  std::uint64_t before_;
  Stopwatch watch_;
};

}  // namespace gradcheck
