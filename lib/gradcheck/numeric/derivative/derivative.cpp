#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/conclusion.hpp>
#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/neighbour.hpp>

namespace gradcheck {

namespace {

/// 3/4 of powers of two: no step in common with the first ladder, and exact in any arithmetic.
constexpr double independent_factor = 0.75;

}  // namespace

std::vector<Derivative> ladder_derivative(Response& response, Ladder ladder,
                                          const DifferentiationOptions& options) {
  const double factor = ladder == Ladder::first ? 1 : independent_factor;
  const LadderProbes probes = probe_ladder(response, factor, options);
  return conclude(response, probes, options);
}

std::vector<Derivative> derivative(Response& response, Pilot& pilot,
                                   const DifferentiationOptions& options) {
  if (pilot.known) {
    if (auto found = neighbour_derivative(response, pilot, options)) {
      return *found;
    }
  }
  const LadderProbes probes = probe_ladder(response, 1, options);
  std::vector<Derivative> found = conclude(response, probes, options);
  pilot = pilot_from(response, probes, found, options);
  return found;
}

}  // namespace gradcheck
