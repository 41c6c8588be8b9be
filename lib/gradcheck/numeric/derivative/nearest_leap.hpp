#pragma once

#include <gradcheck/numeric/derivative/derivative.hpp>

namespace gradcheck {

/// A leap of y at some distance from the point.
struct DistantLeap {
  double size = 0;  ///< 0: none was found
  double distance = 0;
  bool found() const { return size > 0; }
  double steepness() const { return found() ? size / distance : 0; }
};

/// The nearest leap beyond `noise` on the line of an output whose pieces are smooth, as those of an
/// iteration that stops by a tolerance. It shows in differences of seventh order at points spread
/// evenly, which what is smooth leaves alone, and is bisected until what is continuous has lost its
/// change.
DistantLeap nearest_leap(Response& response, std::size_t output, double noise,
                         const DifferentiationOptions& options);

/// Widens a derivative by what its own piece may differ from what the pieces approximate; leaps
/// that are too large for that leave it alone. Where nothing changes within the scale, the piece is
/// what a flat is that ends in a leap farther out. NUMERICS.md, section 5.
void allow_for_leap(Response& response, Derivative& derivative,
                    const DifferentiationOptions& options);

}  // namespace gradcheck
