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

/// Which of a tie's pieces forward takes.
std::size_t chosen_piece(const EvaluationPoint& point, const NodeTie& tie);

OneSidedDerivatives one_sided_derivatives(const Graph& graph, const EvaluationPoint& point,
                                          const NodeTie& tie, const Tensors<double>& upstream);

/// The first step of each entry of a tensor, which may turn out to be large beside what a layer
/// does there: its scale may be that of others. So steps become smaller, until quotients of both
/// directions meet, or there were `most_steps_at_a_tie`.
std::vector<long double> first_steps(const Tensor& x);
constexpr long double smaller_step_at_a_tie = 0x1p-8L;
constexpr int most_steps_at_a_tie = 4;

/// Difference quotients above and below a point, on one smooth piece.
struct TwoQuotients {
  long double above, below;

  long double mean() const { return (above + below) / 2; }
  /// Whether they differ by so little, h f″ of f′, that what their mean leaves out, h² f‴ / 6, is
  /// as its square.
  bool meet() const;
};

}  // namespace gradcheck
