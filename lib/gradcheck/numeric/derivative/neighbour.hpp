#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// What an entry that climbed the whole ladder has shown: the step at which four probes promise
/// most over its outputs, and its noise. NUMERICS.md, section 7.
Pilot pilot_from(const Response& response, const LadderProbes& probes,
                 const std::vector<Derivative>& found, const DifferentiationOptions& options);

/// Derivatives by four probes at the pilot's step, or at one that suits better.
struct NeighbourDerivatives {
  std::vector<Derivative> found;  ///< of outputs that these settle, in their order
  bool open = false;              ///< others have kinks or refusals, or bounds that are not sharp
};
NeighbourDerivatives neighbour_derivatives(Response& response, const Pilot& pilot,
                                           const DifferentiationOptions& options);

}  // namespace gradcheck
