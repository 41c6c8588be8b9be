#pragma once

namespace gradcheck {

/// Every tunable number of the differentiator; lib/NUMERICS.md derives them.
struct DifferentiationOptions {
  // The ladder of steps.
  double farthest = 4;  ///< largest step, in characteristic scales
  int octaves = 70;     ///< steps at most: 140 evaluations
  int farther = 8;      ///< octaves more, while rounding rules and nothing is sharp
  // Bounds.
  double miss = 1e-2;           ///< chance that noise is larger than measured
  int least_steps = 5;          ///< smaller and own steps that a bound needs
  double smooth_ratio = 0.75;   ///< of successive differences, against that of a smooth function
  double steady_ratio = 0.05;   ///< by how much ratios of a fractional order may differ
  double slowest_ratio = 1.05;  ///< below it, successive differences do not converge
  // Kinks, leaps and stairs.
  double corner_ratio =
      0.75;                  ///< second differences that change less from step to step show a kink
  double same_argument = 8;  ///< roundings of the scale within which a kink counts as met
  double visible = 8;        ///< departures from a plateau stand out from its noise
  double abrupt = 64;        ///< growth of a departure that is no power of h up to h⁵
  int bisections = 8;        ///< of a bracket, until a leap stands out
  int leaps_examined = 3;    ///< outputs of one response that are bisected
  double stair = 64;         ///< roundings of y's range: a larger quantum is named
  double piece = 4;  ///< of a leap over its distance: by what the derivative of a piece errs
  double arithmetic_flat = 0x1p-20;  ///< of the scale: shorter flats come from arithmetic alone
  // What a bound is worth (contract).
  double agreement = 0.005;  ///< relative bound up to which a value can agree
  double resolution = 0.1;   ///< relative bound up to which a value is resolved
  // Neighbours of a pilot.
  int attempts = 2;  ///< steps at which four probes are tried before the whole ladder
  double negligible =
      1e-3;  ///< of the largest derivative: smaller ones need no digits of their own
};

}  // namespace gradcheck
