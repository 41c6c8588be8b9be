#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// What an entry that climbed the whole ladder has shown: the step at which four probes promise
/// most over its outputs, and its noise. NUMERICS.md, section 7.
Pilot pilot_from(const Response& response, const LadderProbes& probes,
                 const std::vector<Derivative>& found, const DifferentiationOptions& options);

/// Derivatives by four probes at the pilot's step; nothing where they do not fit.
std::optional<std::vector<Derivative>> neighbour_derivative(Response& response, const Pilot& pilot,
                                                            const DifferentiationOptions& options);

}  // namespace gradcheck
