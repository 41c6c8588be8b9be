#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/derivative/extrapolate.hpp>
#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// A line x + s t through the inputs of one layer, held on its branches. `t` has a tensor for each
/// input: of the input's shape, or null where the input stays.
struct Line {
  const Forward& layer;
  const ConvexCombination& active;
  std::vector<const LongTensor*> x;
  std::vector<const LongTensor*> t;

  /// The outputs at x + s t; nothing if they are refused.
  std::optional<Tensors<long double>> at(long double s) const;
  /// The same; nothing if they are not finite either.
  std::optional<Tensors<long double>> finite_at(long double s) const;
  /// The largest entry of any tensor t, in size.
  long double speed() const;
  /// The largest step, up to `fraction` of its typical size, that no input finds too large; `scale`
  /// stands for the size of inputs that are zero.
  long double typical_step(long double fraction, long double scale) const;
  /// The largest step that moves no entry by more than `fraction` of its own size.
  long double own_step(long double fraction) const;
};

/// A line's outputs at ± one step.
struct Pair {
  long double step = 0;
  long double epsilon = 0;  ///< of the layer's arithmetic
  Tensors<long double> above, below;

  Quotient quotient(std::size_t output, std::size_t i) const;
  /// By output and entry.
  std::vector<std::vector<Quotient>> quotients() const;
};

/// Nothing if a value is refused or not finite. Counts its evaluations.
std::optional<Pair> pair_at(const Line& line, long double step, int& evaluations);

}  // namespace gradcheck
