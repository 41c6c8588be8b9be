#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/derivative/line.hpp>

namespace gradcheck {

/// One central difference along the line, by output and entry, at `step` or, if that is less, at
/// `fraction` of the inputs' own sizes; from nearer where values are not finite there. Entries that
/// move by more than they are large are moved once more by themselves, by `fraction` of their own
/// size: what they plainly do then (1/x of a small x) counts as well. Nothing if no value is
/// finite. Counts its evaluations.
std::optional<std::vector<std::vector<Quotient>>> derivative_along(
    const Line& line, long double step, long double fraction, long double scale, int& evaluations);

}  // namespace gradcheck
