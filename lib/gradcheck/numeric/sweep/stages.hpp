#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/network/graph.hpp>

namespace gradcheck {

/// A part of a network that one value alone enters, as far as the target depends on it, and one
/// alone leaves.
struct Stage {
  ValueId end = 0;
  std::vector<std::size_t> nodes;  ///< those that it moves the end through, in order
};

/// The stages of what leads to a target: to find one costs as much as it is long.
class Stages {
 public:
  /// The graph must outlive it.
  Stages(const Graph& graph, ValueId target);

  ValueId target() const { return target_; }

  /// To the nearest value, some layers on, that everything passes through by which `from` moves the
  /// target; to the target itself where nothing else does.
  Stage from(ValueId from) const;

 private:
  const Graph& graph_;
  ValueId target_;
  std::vector<bool> needed_;               ///< by value: whether the target depends on it
  std::vector<std::size_t> first_reader_;  ///< by value: of the nodes that it moves the target by
  std::vector<std::size_t> last_reader_;   ///< the same
};

}  // namespace gradcheck
