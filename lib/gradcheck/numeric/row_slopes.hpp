#pragma once

#include <cstdint>
#include <vector>

#include <gradcheck/numeric/row_network.hpp>

namespace gradcheck {

/// Derivatives of a target with respect to every entry of one value, as far as four steps tell. All
/// are of the value's shape, and linear maps may be applied to them.
struct Slopes {
  Tensor value;     ///< extrapolated from all four steps
  Tensor coarser;   ///< extrapolated from the three smaller ones
  Tensor variance;  ///< of the rounding in `value`, in double: the squares of widths, which add up
  Tensor floor;     ///< further rounding in `value` that no better precision would lessen
};

/// The features none of whose rows has a slope well above its rounding.
std::vector<std::size_t> unresolved_features(const Slopes& slopes, const RowLayout& layout);

/// How the summands of a row network count: target = f(sums), with ∂f/∂sum for each of them.
struct SumWeights {
  std::vector<double> slope;
  std::vector<double> error;  ///< upper estimate of the slopes' errors
};

/// How far the rows of a value are moved, and how far rounding then moves their summands in double.
struct RowSteps {
  double fraction = 0;                      ///< the smallest step, of an entry's scale
  std::vector<std::vector<double>> widths;  ///< by sum and row
};

/// Differentiates the rows of a batch all at once: where rows are independent, moving one feature
/// of *every* row tells each row's own response in a single evaluation,
///   d(target)/dv[n, j] = (φ_nj(h) − φ_nj(−h)) / 2h + O(h²),
/// with φ_nj(s) the summand of row n when v[n, j] moves by s. Four steps are extrapolated. Each
/// difference is one of a row's own summand, not of the sum, which keeps its digits.
template <class Real>
class RowDifferentiator {
 public:
  /// All must outlive it. `network` is aimed.
  RowDifferentiator(RowNetwork<Real>& network, const TensorOf<Real>& value, SumWeights weights,
                    std::uint64_t seed);

  Slopes run();

  /// The same for some features only; those of `slopes` are replaced. `found` are the steps that
  /// served in double.
  void replace(const std::vector<std::size_t>& features, const RowSteps& found, Slopes& slopes);

  /// Those that `run` found.
  const RowSteps& steps() const { return steps_; }

  /// Evaluations of all rows so far.
  std::uint64_t probes() const { return probes_; }

 private:
  void measure_widths();
  void choose_fraction();
  void differentiate(std::size_t first, std::size_t last, double fraction, Slopes& slopes);
  double badness(std::size_t feature, double fraction);
  Slopes no_slopes() const;

  RowNetwork<Real>& network_;
  const TensorOf<Real>& value_;
  SumWeights weights_;
  std::uint64_t seed_;
  RowLayout layout_;
  Tensor scales_;  ///< on which each entry moves
  RowSteps steps_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
