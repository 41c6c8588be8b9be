#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gradcheck/network/graph.hpp>
#include <gradcheck/numeric/sweep/slopes.hpp>

namespace gradcheck {

/// d(target)/d(from) for every entry of a tensor, found all together.
struct Swept {
  Slopes<double> slopes;
  std::map<std::size_t, Estimate> refined = {};  ///< by entry: those found again, sharper
  bool at_its_best = false;  ///< no better precision would lessen the rounding of `refined`

  Estimate estimate(std::size_t entry) const;
  /// The entry's rounding, if no better precision would lessen it; else 0.
  double floor(std::size_t entry) const;
};

/// A way to differentiate whole tensors instead of one entry after another, from forward and facts
/// about it alone, each tested in every run.
class TensorSweep {
 public:
  virtual ~TensorSweep() = default;

  /// One entry of the target by the whole of `from`. None where that cannot be had, or where a
  /// layer is not what it says.
  virtual std::optional<Swept> run(ValueId from, ValueId target, std::size_t output) = 0;

  /// Finds those entries again, sharper, after `run` for that value; false if that cannot be done.
  virtual bool refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) = 0;

  /// What a layer declares about forward and its values contradict; empty if nothing.
  virtual const std::string& broken_promise() const = 0;

  /// Evaluations of layers, or of what lies behind a tensor, so far.
  virtual std::uint64_t probes() const = 0;

  /// Is told from then on how many entries `run` has differentiated, by a sweep that does not find
  /// all at once; from several threads at once where there are.
  using Watcher = std::function<void(std::size_t)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

 protected:
  void tell(std::size_t found) const {
    if (watcher_) {
      watcher_(found);
    }
  }

 private:
  Watcher watcher_;
};

}  // namespace gradcheck
