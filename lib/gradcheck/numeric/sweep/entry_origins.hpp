#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// Where the outputs of a node come from whose layer only moves entries about: found from forward,
/// by numbering the entries of all inputs through which gradients flow; of a kinked layer on its
/// active pieces.
class EntryOrigins {
 public:
  EntryOrigins(const Graph::Node& node, const ConvexCombination& active,
               const Values<double>& values);

  /// An entry of an input, and the entry of an output that it becomes.
  struct Move {
    std::size_t entry = 0;
    std::size_t output = 0;  ///< which of the node's outputs
    std::size_t to = 0;
  };
  /// Those of the input in a slot.
  std::span<const Move> of_slot(std::size_t slot) const;

 private:
  std::vector<Move> moves_;         ///< by slot
  std::vector<std::size_t> begin_;  ///< of each slot, and the end
};

}  // namespace gradcheck
