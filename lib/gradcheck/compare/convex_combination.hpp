#pragma once

#include <cstddef>
#include <vector>

#include <gradcheck/numeric/point/active_pieces.hpp>

namespace gradcheck {

/// The derivatives of one tied site, by piece, at the unknowns (input entries) that it touches.
struct SiteDerivatives {
  std::vector<std::size_t> unknowns;               ///< position of each entry in the common list
  std::vector<std::vector<long double>> by_piece;  ///< [piece][entry]
  std::size_t chosen = 0;                          ///< the piece in which `excess` is zero
};

/// Weights w[site][piece] ≥ 0, summing to 1 for each site, such that moving every site from its
/// chosen piece to its convex combination comes nearest (least squares) to adding `excess` to the
/// common list of entries. Solved by exact line searches between pairs of pieces; weights within
/// 1e-6 of 0 or 1 are snapped.
std::vector<std::vector<double>> fit_combinations(const std::vector<SiteDerivatives>& sites,
                                                  std::vector<long double> excess);

/// The convex combination of branch choices in which site s takes piece pieces[s][k] with weight
/// weights[s][k], and all other sites stay as in `base`.
ConvexCombination mix(const Branches& base, const std::vector<std::size_t>& sites,
                      const std::vector<Branches>& pieces,
                      const std::vector<std::vector<double>>& weights);

}  // namespace gradcheck
