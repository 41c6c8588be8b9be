#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/leaps.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// What the probes of a whole ladder say about these outputs. NUMERICS.md, section 5. May
/// evaluate a few points more, where a leap must be told from a kink.
std::vector<Derivative> conclude(Response& response, const LadderProbes& probes,
                                 const std::vector<std::size_t>& outputs, Leaps& leaps,
                                 const DifferentiationOptions& options);

}  // namespace gradcheck
