#pragma once

#include <vector>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// How far float32 arithmetic may have moved the entries of some values, by ValueId.
struct Noise {
  std::vector<bool> present;  ///< the values that carry float32 rounding
  Values<double> amplitude;   ///< of those: an upper estimate, entry by entry; empty without any

  explicit Noise(std::size_t values = 0) : present(values) {}

  /// Adds what another source of rounding does to a value.
  void add(ValueId id, const Tensor& amplitudes);
  bool any() const;
  /// The amplitude where that value has become `moved`: never less than one unit of it.
  Tensor at(ValueId id, const Tensor& moved) const;
  /// What a probe meets that moves `from` and reads `target`: the noise of what is computed between
  /// them. Elsewhere it is the same in all probes.
  Noise between(const Graph& graph, ValueId from, ValueId target) const;
};

}  // namespace gradcheck
