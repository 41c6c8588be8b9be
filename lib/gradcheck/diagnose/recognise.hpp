#pragma once

#include <optional>
#include <vector>

#include <gradcheck/diagnose/place.hpp>
#include <gradcheck/diagnose/region.hpp>

namespace gradcheck {

/// What else is known where a gradient was taken.
struct Surroundings {
  const Place* place = nullptr;  ///< the layer, if there is one
  bool trusted = false;          ///< that layer's backward is right: somebody else's is looked at
  std::size_t uses = 1;          ///< of the value whose gradient it is
  std::vector<NamedNumber> numbers{};
  std::vector<Condition> conditions{};
  /// The numeric gradients of the layer's inputs, by position; empty ones where unknown.
  std::vector<Tensor> others{};
};

/// The pattern of a wrong gradient, the most telling one that fits every entry: those that agree,
/// too. None if there is no such pattern.
std::optional<Pattern> recognise(const Observation& seen, const Surroundings& around);

/// The extents that explain a factor: the batch size (rows of the upstream) and others.
std::vector<NamedNumber> numbers_at(const Place& place);
/// Entries by the sign of what the layer reads there, "where input 0 < 0".
std::vector<Condition> conditions_at(const Place& place);

}  // namespace gradcheck
