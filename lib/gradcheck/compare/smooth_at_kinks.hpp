#pragma once

#include <optional>

#include <gradcheck/compare/checker.hpp>

namespace gradcheck {

/// One entry of a value, by one of an earlier value.
struct JacobianElement {
  ValueId to;
  std::size_t output;
  ValueId from;
  std::size_t entry;
};

/// The derivative where layers have kinks, but what they are together has none: as
/// relu(−x) + ln(1 + e^−|x|) at 0, −½ from both sides. Seen from forward, which takes the branches
/// of where it stands. None where both sides differ, or cannot be told.
std::optional<Interval> smooth_derivative(const Network& network, const EvaluationPoint& point,
                                          const JacobianElement& element);

/// Finds the derivatives of entries that agree, as one side of a kink has them, where that is
/// another number, and says so.
void find_other_derivatives(const Network& network, const EvaluationPoint& point, ValueId to,
                            ValueId from, TensorCheck& check);

}  // namespace gradcheck
