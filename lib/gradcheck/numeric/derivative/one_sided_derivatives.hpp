#pragma once

#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// One-sided derivatives at a tied site: the derivatives of Σ upstream·y, y the outputs of the
/// site's layer alone, with respect to the input entries that the site reads, with the site held on
/// each of its pieces in turn.
struct OneSidedDerivatives {
  std::vector<std::vector<long double>>
      by_piece;            ///< [piece][entry], as in Tie::pieces and Tie::entries
  std::size_t chosen = 0;  ///< which of the pieces forward takes
};

OneSidedDerivatives one_sided_derivatives(const Graph& graph, const EvaluationPoint& point,
                                          const NodeTie& tie, const Tensors<double>& upstream);

}  // namespace gradcheck
