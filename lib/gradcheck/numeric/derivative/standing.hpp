#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>

namespace gradcheck {

/// |a − b| is more than `times` the sum of both bounds.
bool contradict(const Plateau& a, const Plateau& b, double times = 1);

/// Of several plateaus, nearest first, the one that stands for the derivative: the sharpest, or a
/// nearer one that contradicts it and is sharp in comparison. Those that do not reach `least_reach`
/// do not count where others do. Null if there is none. NUMERICS.md, section 5.
const Plateau* standing(const std::vector<Plateau>& all, double least_reach,
                        const DifferentiationOptions& options);

/// What else might explain a claim: plateaus that are sharp enough to agree, and nearer ones, of
/// steps at which y changes at all, that contradict the one that stands by far.
std::vector<Plateau> alternatives(const std::vector<Plateau>& all, const Plateau& standing,
                                  double unchanged_up_to, const DifferentiationOptions& options);

}  // namespace gradcheck
