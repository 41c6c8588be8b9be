#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/derivation_point.hpp>
#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

/// Whether an expression in the place of a line's own is right: at every point at which it can be
/// tried, so that a coincidence of numbers at one of them explains nothing.
using AcceptsRepair = std::function<bool(const Expression&)>;

/// The one change that makes a line of a derivation right, if there is one, as the mistake that it
/// undoes: a transpose left out, another activation's derivative, a name in place of another, a
/// factor too many. The first of `points` is the case's own; the points are lent names for what the
/// network knows.
std::optional<Pattern> repaired(const std::vector<DerivationLine>& lines, std::size_t line,
                                const std::vector<DerivationPoint*>& points,
                                const AcceptsRepair& accepts);

}  // namespace gradcheck
