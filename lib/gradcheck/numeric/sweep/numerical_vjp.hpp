#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/richardson_tableau.hpp>
#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>

namespace gradcheck {

/// Carries derivatives through one layer by central differences of that layer alone:
///   d(target)/dx[r, j] = Σ_o G[o] (y_o(x[r, j] + h) − y_o(x[r, j] − h)) / 2h + O(h²),
/// with G = d(target)/dy and o the outputs that depend on row r. One feature of all rows is moved
/// at once, to both sides, by steps that halve from one to the next (RichardsonTableau).
template <class Real>
class NumericalVjp {
 public:
  /// `y` are the derivatives of the response's outputs, one after another; `rounding_errors`, by
  /// slot, how far rounding may have moved each input. All must outlive it.
  NumericalVjp(const LayerResponse<Real>& response, const NumericGradient<Real>& y,
               std::vector<const Tensor*> rounding_errors, std::uint64_t seed);

  /// None where the layer refuses to be moved, or its quotients are never finite.
  std::optional<NumericGradient<Real>> run();

  /// Evaluations of the layer so far.
  std::uint64_t probes() const { return probes_; }

 private:
  /// Steps 2⁻ᵏ of an entry's scale, from `first` to `last`.
  struct Range {
    int first;
    int last;
    bool operator==(const Range&) const = default;
  };

  bool measure_rounding_errors();
  Range range_for_all();
  void extrapolate_feature(std::size_t feature, Range range);
  bool extrapolate_from(std::size_t feature, Range range);
  bool take_own_scales(std::size_t feature);
  bool overlooks_small(std::size_t feature);
  bool well(std::size_t row) const;
  bool all_well() const;
  void find_flat(std::size_t feature);
  Real absorbed_derivative(std::size_t output) const;
  std::vector<Level<Real>> levels_at(std::size_t feature, int k);
  void measure_curvature(std::size_t feature, int k, const std::vector<Level<Real>>& here);
  std::vector<Real> derivatives_of_displaced(std::size_t feature, int k);
  TensorOf<Real> moved(const TensorOf<Real>& x, std::size_t feature, double step) const;
  std::optional<TensorOf<Real>> outputs_at(const TensorOf<Real>& x);
  double rounding_errors_to_go() const;
  void perturb_inputs();
  void keep(std::size_t feature, NumericGradient<Real>& found) const;

  const LayerResponse<Real>& response_;
  const NumericGradient<Real>& y_;
  std::vector<const Tensor*> rounding_errors_;
  std::uint64_t seed_;
  std::vector<double> scales_;                 ///< by entry: on which it moves
  TensorOf<Real> outputs_;                     ///< where nothing is moved
  std::vector<double> output_rounding_error_;  ///< how far rounding may move each output
  std::vector<bool> flat_;   ///< by output: it does not depend on the feature at all
  Tensors<Real> displaced_;  ///< all inputs, so many rounding errors away
  double away_ = 1;
  std::vector<RichardsonTableau<Real>> tableaus_;  ///< by row
  std::vector<double> curved_;  ///< by row: how the inputs' rounding moves the derivative
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
