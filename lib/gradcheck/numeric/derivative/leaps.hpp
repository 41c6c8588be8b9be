#pragma once

#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

/// By how much y leaps where a plateau of central quotients ends; 0 if it only bends there, as at a
/// kink. Found by bisection: across a leap the change of what the plateau does not explain stays
/// whole while the bracket shrinks.
double leap_after(Response& response, const Quotients& central, std::size_t output,
                  const Plateau& plateau, const DifferentiationOptions& options);

}  // namespace gradcheck
