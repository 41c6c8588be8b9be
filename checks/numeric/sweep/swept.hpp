#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/sweep/reverse_sweep.hpp>

namespace gradcheck::checks {

/// All that a sweep hands on, entry by entry; none where it refuses.
inline std::optional<std::vector<Estimate>> swept(ReverseSweep& sweep, ValueId from, ValueId target,
                                                  std::size_t output) {
  std::vector<Estimate> found;
  const bool done = sweep.run(from, target, output, [&](const Swept& block) {
    for (std::size_t i = block.first; i < block.first + block.size(); ++i) {
      found.push_back(block.estimate(i));
    }
  });
  return done ? std::optional(found) : std::nullopt;
}

}  // namespace gradcheck::checks
