#pragma once

namespace gradcheck {

/// Every tunable number of the differentiator; lib/NUMERICS.md derives them.
struct DifferentiationOptions {
  double farthest = 4;  ///< largest step, in characteristic scales
  int octaves = 96;     ///< steps of the whole ladder at most: 192 evaluations
  double miss = 1e-2;   ///< chance that noise is larger than measured
  int least_steps = 5;  ///< smaller and own steps that a bound needs
  double smooth_ratio =
      0.75;  ///< of successive differences, against the ratio of a smooth function
  double steady_ratio = 0.05;        ///< by how much ratios of a fractional order may differ
  double slowest_ratio = 1.05;       ///< ratio below which differences do not converge
  double corner_ratio = 0.75;        ///< second differences per step that shrink less show a corner
  double same_argument = 8;          ///< roundings of the scale within which a kink counts as met
  double agreement = 0.005;          ///< relative bound up to which a value can agree
  double resolution = 0.1;           ///< relative bound up to which a value is resolved
  double arithmetic_flat = 0x1p-20;  ///< flats up to this share of the scale come from arithmetic
  double stair = 64;       ///< roundings of what y runs through: a larger quantum is named
  int bisections = 8;      ///< of a bracket, until a change that stays whole is a leap
  int leaps_examined = 3;  ///< outputs of one response whose leaps are bisected
  int attempts = 2;        ///< steps at which four probes are tried before the whole ladder
  double negligible =
      1e-3;  ///< of the largest derivative: smaller ones need no digits of their own
};

}  // namespace gradcheck
