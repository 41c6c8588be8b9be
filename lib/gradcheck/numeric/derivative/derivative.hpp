#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/numeric/derivative/differentiation_options.hpp>
#include <gradcheck/numeric/derivative/response.hpp>

namespace gradcheck {

/// A value and an upper estimate of its error.
struct Bounded {
  double value = 0;
  double bound = 0;
};

/// What estimates at neighbouring steps share.
struct Plateau {
  double value = 0;
  double truncation = 0;
  double rounding = 0;
  double step = 0;      ///< the smallest of its best estimate
  double farthest = 0;  ///< the largest of those of all its estimates
  int index = 0;        ///< of the best estimate in its line of quotients
  double order = 0;     ///< of its leading error term
  bool corner = false;  ///< second differences there are those of a kink
  bool flat = false;    ///< y leaps at its far end: the flat of a stair, which cannot judge
  double bound() const { return truncation + rounding; }
};

/// What was seen of a function.
enum class Seen {
  smooth,     ///< a derivative
  constant,   ///< no change at all up to the step: 0 ± noise / h
  kink,       ///< two one-sided derivatives
  staircase,  ///< a derivative that larger steps show, over stairs of a quantum
  coarse,    ///< a value of larger steps only, beyond some structure of y that is neither noise nor
             ///< leaps
  jump,      ///< y itself is discontinuous at the point
  infinite,  ///< quotients grow without limit: a cusp, or an infinite derivative
  nothing    ///< no usable probes
};

/// The derivative of one output.
struct Derivative {
  std::size_t output = 0;
  Seen seen = Seen::nothing;
  double value = 0;  ///< of a kink: half of the sum of both sides
  double truncation = 0;
  double rounding = 0;
  double step = 0;              ///< at which it was found
  Bounded left, right;          ///< of a kink: the one-sided derivatives
  double quantum = 0;           ///< of a staircase: by how much y leaps
  bool whole_ladder = false;    ///< false: a few probes beside a pilot
  std::vector<Plateau> others;  ///< further plateaus: what else might explain a claim
  double bound() const { return truncation + rounding; }
};

/// What one entry has shown for its neighbours in the same tensor.
struct Pilot {
  bool known = false;
  double step = 0;       ///< at which four probes promise most, over all outputs
  double roundings = 1;  ///< noise, in rounding units of the output
};

/// Which look at an entry this is: NUMERICS.md, section 6.
enum class Ladder { first, independent };

/// The derivatives of all outputs that move at all, by output; the others are 0 ± rounding / h.
/// The first call makes the pilot; later ones take four evaluations where these fit, the ladder
/// else.
std::vector<Derivative> derivative(Response& response, Pilot& pilot,
                                   const DifferentiationOptions& options = {});

/// The same by the whole ladder of steps; the independent one shares no step with the first.
std::vector<Derivative> ladder_derivative(Response& response, Ladder ladder,
                                          const DifferentiationOptions& options = {});

}  // namespace gradcheck
