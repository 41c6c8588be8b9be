#include <algorithm>
#include <cmath>
#include <utility>

#include <gradcheck/numeric/derivative/conclusion.hpp>
#include <gradcheck/numeric/derivative/derivative.hpp>
#include <gradcheck/numeric/derivative/neighbour.hpp>

namespace gradcheck {

namespace {

/// 3/4 of powers of two: no step in common with the first ladder, and exact in any arithmetic.
constexpr double independent_factor = 0.75;

/// An estimate at step h takes steps up to 8 h into account.
constexpr double farthest_estimate = 16;
constexpr int octaves_at_once = 4;

/// Whether a larger step might help: rounding rules the bound, at one of the farthest steps.
bool wants_farther(const std::vector<Derivative>& found, const LadderProbes& probes,
                   const DifferentiationOptions& options) {
  return std::any_of(found.begin(), found.end(), [&](const Derivative& d) {
    return d.bound() > options.agreement * std::abs(d.value) && d.rounding > d.truncation &&
           d.step >= probes.steps.back() / farthest_estimate;
  });
}

/// All steps of one ladder, and what they say.
struct Climbed {
  LadderProbes probes;
  std::vector<Derivative> found;
};

Climbed climb(Response& response, double factor, const DifferentiationOptions& options) {
  Climbed c{probe_ladder(response, factor, options), {}};
  Leaps leaps(response, options);
  c.found = conclude(response, c.probes, leaps, options);
  for (int more = 0; more < options.farther && wants_farther(c.found, c.probes, options);
       more += octaves_at_once) {
    probe_farther(response, c.probes, octaves_at_once);
    c.found = conclude(response, c.probes, leaps, options);
  }
  return c;
}

}  // namespace

std::vector<Derivative> ladder_derivative(Response& response, Ladder ladder,
                                          const DifferentiationOptions& options) {
  return climb(response, ladder == Ladder::first ? 1 : independent_factor, options).found;
}

std::vector<Derivative> derivative(Response& response, Pilot& pilot,
                                   const DifferentiationOptions& options) {
  if (pilot.known) {
    if (auto found = neighbour_derivative(response, pilot, options)) {
      return *found;
    }
  }
  Climbed c = climb(response, 1, options);
  pilot = pilot_from(response, c.probes, c.found, options);
  return std::move(c.found);
}

}  // namespace gradcheck
