#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/derivative/line.hpp>

namespace gradcheck {

/// d/ds of a layer's outputs along a line, from forward alone.
struct Directional {
  std::vector<std::vector<Estimate>> derivatives;  ///< by output and entry
  std::vector<LongTensor> slip;  ///< by input: how far rounding x ± h t has moved t; empty if null
  long double step = 0;          ///< the largest one used
  long double nearest = 0;       ///< the smallest one used
  bool converged = false;        ///< whether the quotients at some step do
  int evaluations = 0;
};

/// The derivative along the line, by central differences in long double at steps from `fraction` of
/// the inputs' own sizes on, each about half of the one before, extrapolated. The steps shrink
/// until rounding outweighs what they leave out, no further: what is smooth is seen from far, where
/// rounding weighs little, and a layer that turns over many times within the first step is seen
/// from near enough at last. An output that does not move at all is known to be 0 if large
/// displacements do not move it either; else rounding may hide its derivative. `scale` stands for
/// the size of inputs that are zero. Nothing if no step gives finite values.
std::optional<Directional> differentiate_along(const Line& line, long double fraction,
                                               long double scale);

}  // namespace gradcheck
