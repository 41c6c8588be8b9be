#include <algorithm>
#include <cmath>
#include <iterator>
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

/// All steps of one ladder, and what they say of the outputs that move.
struct Climbed {
  LadderProbes probes;
  std::vector<Derivative> found;
};

/// Apart from those that are known already.
Climbed climb(Response& response, double factor, const std::vector<Derivative>& known,
              const DifferentiationOptions& options) {
  Climbed c{probe_ladder(response, factor, options), {}};
  std::vector<std::size_t> outputs = moved(response, c.probes);
  std::erase_if(outputs, [&](std::size_t output) {
    return std::ranges::binary_search(known, output, {}, &Derivative::output);
  });
  Leaps leaps(response, options);
  c.found = conclude(response, c.probes, outputs, leaps, options);
  for (int more = 0; more < options.farther && wants_farther(c.found, c.probes, options);
       more += octaves_at_once) {
    probe_farther(response, c.probes, octaves_at_once);
    c.found = conclude(response, c.probes, outputs, leaps, options);
  }
  return c;
}

}  // namespace

std::vector<Derivative> ladder_derivative(Response& response, Ladder ladder,
                                          const DifferentiationOptions& options) {
  return climb(response, ladder == Ladder::first ? 1 : independent_factor, {}, options).found;
}

std::vector<Derivative> derivative(Response& response, Pilot& pilot,
                                   const DifferentiationOptions& options) {
  if (!pilot.known) {
    Climbed c = climb(response, 1, {}, options);
    pilot = pilot_from(response, c.probes, c.found, options);
    return std::move(c.found);
  }
  NeighbourDerivatives near = neighbour_derivatives(response, pilot, options);
  if (near.open) {
    Climbed c = climb(response, 1, near.found, options);
    near.found.insert(near.found.end(), std::make_move_iterator(c.found.begin()),
                      std::make_move_iterator(c.found.end()));
    std::sort(near.found.begin(), near.found.end(),
              [](const Derivative& a, const Derivative& b) { return a.output < b.output; });
  }
  return std::move(near.found);
}

}  // namespace gradcheck
