#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/ladder.hpp>
#include <gradcheck/numeric/sweep/layer_response.hpp>
#include <gradcheck/numeric/sweep/slopes.hpp>

namespace gradcheck {

/// Carries slopes through one layer by central differences of that layer alone:
///   d(target)/dx[r, j] = Σ_o G[o] (y_o(x[r, j] + h) − y_o(x[r, j] − h)) / 2h + O(h²),
/// with G = d(target)/dy and o the outputs that depend on row r. One feature of all rows is moved
/// at once, to both sides, by steps that halve from one to the next (Ladder).
template <class Real>
class LocalSlopes {
 public:
  /// `y` are the slopes of the response's outputs, one after another; `widths`, by slot, how far
  /// rounding may have moved each input. All must outlive it.
  LocalSlopes(const LayerResponse<Real>& response, const Slopes<Real>& y,
              std::vector<const Tensor*> widths, std::uint64_t seed);

  /// None where the layer refuses to be moved, or its quotients are never finite.
  std::optional<Slopes<Real>> run();

  /// Evaluations of the layer so far.
  std::uint64_t probes() const { return probes_; }

 private:
  /// Steps 2⁻ᵏ of an entry's scale, from `first` to `last`.
  struct Range {
    int first;
    int last;
    bool operator==(const Range&) const = default;
  };

  bool measure_widths();
  Range range_for_all();
  void climb(std::size_t feature, Range range);
  bool climb_well(std::size_t feature, Range range);
  bool take_own_scales(std::size_t feature);
  bool overlooks_small(std::size_t feature);
  bool well(std::size_t row) const;
  bool all_well() const;
  void find_flat(std::size_t feature);
  Real absorbed_slope(std::size_t output) const;
  std::vector<Rung<Real>> rungs_at(std::size_t feature, int k);
  void measure_curvature(std::size_t feature, int k, const std::vector<Rung<Real>>& here);
  std::vector<Real> slopes_of_displaced(std::size_t feature, int k);
  TensorOf<Real> moved(const TensorOf<Real>& x, std::size_t feature, double step) const;
  std::optional<TensorOf<Real>> outputs_at(const TensorOf<Real>& x);
  double widths_to_go() const;
  void displace_inputs();
  void keep(std::size_t feature, Slopes<Real>& found) const;

  const LayerResponse<Real>& response_;
  const Slopes<Real>& y_;
  std::vector<const Tensor*> widths_;
  std::uint64_t seed_;
  std::vector<double> scales_;        ///< by entry: on which it moves
  TensorOf<Real> outputs_;            ///< where nothing is moved
  TensorOf<Real> unmoved_;            ///< the same of those that change
  std::vector<double> output_width_;  ///< how far rounding may move each output
  std::vector<bool> flat_;            ///< by output: it does not depend on the feature at all
  Tensors<Real> displaced_;           ///< all inputs, so many widths away
  double away_ = 1;
  std::vector<Ladder<Real>> ladders_;  ///< by row
  std::vector<double> curved_;         ///< by row: how the inputs' rounding moves the slope
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
