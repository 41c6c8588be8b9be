#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/compare/stopwatch.hpp>
#include <gradcheck/numeric/sweep/shared_sweep.hpp>
#include <gradcheck/numeric/sweep/sliced_sweep.hpp>
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

/// The numeric side of a network at a point: every way of differentiating there.
struct Checker::Side {
  Side(const Graph& graph, Point at, const CheckOptions& options)
      : point(std::move(at)),
        wholes(ways_of(graph, options)),
        ties(graph, point, options.seed),
        graph_(graph),
        options_(difference_options(options)) {}

  /// Made when it is first needed: it copies all values, in both precisions.
  Differentiator& differentiator() {
    if (!differentiator_) {
      differentiator_.emplace(graph_, point, options_);
    }
    return *differentiator_;
  }
  std::uint64_t probes() const {
    std::uint64_t sum =
        lone_probes + ties.probes() + (differentiator_ ? differentiator_->probes() : 0);
    for (const Whole& whole : wholes) {
      sum += whole.sweep->probes();
    }
    return sum;
  }

  /// A way of differentiating whole tensors.
  struct Whole {
    Way way;
    std::unique_ptr<TensorSweep> sweep;
  };

  Point point;
  std::vector<Whole> wholes;  ///< the cheapest first; where none serves, entry by entry
  TieReach ties;
  std::uint64_t lone_probes = 0;  ///< of entries that were only moved alone

 private:
  std::vector<Whole> ways_of(const Graph& graph, const CheckOptions& options) const {
    std::vector<Whole> ways;
    if (options.sweep == Sweep::plain || options.method || options.step) {
      return ways;
    }
    if (options.sweep == Sweep::automatic) {
      ways.push_back({Way::shared, std::make_unique<SharedSweep>(graph, point, options.seed)});
    }
    ways.push_back(
        {Way::sliced, std::make_unique<SlicedSweep>(graph, point, options.seed, options.jobs)});
    return ways;
  }

  const Graph& graph_;
  DifferenceOptions options_;
  std::optional<Differentiator> differentiator_;
};

/// Of one comparison: what it takes, and to whom it tells how far it is.
class Checker::Account {
 public:
  Account(const CheckOptions& options, const Side& side, const TensorReport& tensor)
      : options_(options),
        side_(side),
        tensor_(tensor),
        entries_(entries_of(tensor.shape)),
        before_(side.probes()) {
    tell(0);
  }

  void tell(std::size_t done) const {
    if (options_.progress) {
      options_.progress({tensor_.name, done, entries_, watch_.seconds()});
    }
  }

  Effort effort(std::optional<Way> whole) const {
    const Way single = options_.sweep == Sweep::plain ? Way::plain : Way::entry_by_entry;
    return {whole.value_or(single), side_.probes() - before_, watch_.seconds()};
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
