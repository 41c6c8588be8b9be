#pragma once

#include <gradcheck/numeric/point/point.hpp>

namespace gradcheck {

/// One-sided slopes at a tied site: the derivatives of Σ upstream·y, y the outputs of the site's
/// layer alone, with respect to the input entries that the site reads, with the site held on each
/// of its pieces in turn.
struct TieSlopes {
  std::vector<std::vector<long double>>
      by_piece;            ///< [piece][entry], as in Tie::pieces and Tie::entries
  std::size_t chosen = 0;  ///< which of the pieces forward takes
};

TieSlopes tie_slopes(const Graph& graph, const Point& point, const NodeTie& tie,
                     const Tensors<double>& upstream);

}  // namespace gradcheck
