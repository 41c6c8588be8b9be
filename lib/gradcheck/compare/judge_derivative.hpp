#pragma once

#include <gradcheck/compare/judge.hpp>
#include <gradcheck/numeric/derivative/derivative.hpp>

namespace gradcheck {

/// What a derivative of an opaque function says of an analytic value a with its own rounding u.
/// With e the bound and room = e + u + rtol·max(|a|, |n|): agree         |a − n| ≤ room, and e + u
/// ≤ 0.5 % of max(|a|, |n|); also, unresolved, above 10 %, but not where u alone hides that a is
/// off by more than that; disagree      |a − n| > room, and no other plateau explains a: to be
/// confirmed by another ladder; inconclusive  else; at a kink (compare its sides), a jump, an
/// infinite derivative, without probes.
Judgement judge(double analytic, double analytic_rounding, const Derivative& numeric, double rtol,
                const DifferentiationOptions& options = {});

/// What two ladders without a common step say together: disagree only if both do, agree only if
/// what disagreed was less sharp than what agrees.
Judgement judge(double analytic, double analytic_rounding, const Derivative& first,
                const Derivative& independent, double rtol,
                const DifferentiationOptions& options = {});

}  // namespace gradcheck
