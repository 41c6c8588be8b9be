#pragma once

#include <cstdint>

#include <gradcheck/numeric/held.hpp>

namespace gradcheck {

/// How far rounding may have moved every entry of every value, in double precision: measured, by
/// evaluating the network again with each value multiplied by 1 + ρξ, ξ random in ±[½, 1], and
/// scaling the largest movement seen down from ρ to machine epsilon (discrete stochastic
/// arithmetic: J. Vignes, Math. Comput. Simul. 35 (1993) 233-261). Cancellation inside the network
/// shows up as a large movement, an exact zero as none.
Values<double> rounding_widths(const Graph& graph, const Values<double>& values, const Held& held,
                               std::uint64_t seed);

/// The widths of `target` alone, the larger of two points: `values`, and `values` with every entry
/// of `from` moved by `reach` (entry by entry, in random directions). Where a function is flat at
/// the point itself (a minimum), only the second shows how much rounding a probe sees.
Tensor probe_widths(const Graph& graph, const Values<double>& values, const Held& held,
                    ValueId from, const Tensor& reach, ValueId target, std::uint64_t seed);

}  // namespace gradcheck
