#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/numerical_vjp.hpp>

namespace gradcheck {

namespace {

/// The widest and the narrowest step that are tried, as powers of ½ of an entry's scale. The best
/// five in double are about 2⁻² to 2⁻⁶; long double, which is slow, has only those about its own
/// best, 2⁻⁵ to 2⁻⁹.
template <class Real>
constexpr int first_step = std::numeric_limits<Real>::digits > 60 ? 5 : 1;
template <class Real>
constexpr int last_step = std::numeric_limits<Real>::digits > 60 ? 10 : 13;

/// Of many features, a few are tried on all steps, and the others on those about the best of these.
constexpr std::size_t features_on_all_steps = 16;
constexpr std::size_t features_tried = 4;

/// Steps that serve leave at most this share of the value.
constexpr double rel_tolerance = 0x1p-30;

/// Entries smaller than this part of their scale are looked at once more, at a step of so many
/// halvings of their own size; a quotient from there is right to about this share.
constexpr double far_smaller = 0x1p-6;
constexpr int near_step = 6;
constexpr double near_share = 0x1p-6;

/// Where an entry is 0 and no quotient is finite on its tensor's scale: what exponentials vary on.
constexpr double scale_of_nothing = 1;

/// Displacements, in scales, that show which outputs depend on an entry at all.
constexpr std::array<double, 2> far_away{-64, 64};

/// What the steps leave out may cancel in a sum over rows, in one order and not in the next: so
/// much of each row's estimate counts like rounding.
constexpr double truncation_share = 1.0 / 8;

}  // namespace

template <class Real>
NumericalVjp<Real>::NumericalVjp(const LayerResponse<Real>& response,
                                 const NumericGradient<Real>& y,
                                 std::vector<const Tensor*> rounding_errors, std::uint64_t seed)
    : response_(response), y_(y), rounding_errors_(std::move(rounding_errors)), seed_(seed) {
  const double mean = static_cast<double>(scale_of<Real>(response.value()));
  for (const Real x : entries(response.value())) {
    scales_.push_back(std::max(static_cast<double>(std::abs(x)), mean));
  }
}

/// x with one feature of every row moved, by a step on each entry's own scale.
template <class Real>
TensorOf<Real> NumericalVjp<Real>::moved(const TensorOf<Real>& x, std::size_t feature,
                                         double step) const {
  TensorOf<Real> there = x;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    there.data()[i] += static_cast<Real>(step * scales_[i]);
  }
  return there;
}

template <class Real>
std::optional<TensorOf<Real>> NumericalVjp<Real>::outputs_at(const TensorOf<Real>& x) {
  ++probes_;
  return response_.changing_outputs(response_.originals(), x);
}

/// Which outputs do not change by a bit from far below to far above every entry of a feature.
template <class Real>
void NumericalVjp<Real>::find_flat(std::size_t feature) {
  flat_.assign(outputs_.size(), true);
  for (const double reach : far_away) {
    const std::optional<TensorOf<Real>> y = outputs_at(moved(response_.value(), feature, reach));
    for (std::size_t o = 0; o < flat_.size(); ++o) {
      flat_[o] = flat_[o] && y && y->data()[o] == outputs_.data()[o];
    }
  }
}

/// What the derivative of a flat output may be even so, for a scale of 1: less than its rounding
/// far away. None of a constant piece.
template <class Real>
Real NumericalVjp<Real>::absorbed_derivative(std::size_t output) const {
  return response_.smooth() ? machine_epsilon<Real>() * std::abs(outputs_.data()[output]) /
                                  static_cast<Real>(far_away.back())
                            : Real(0);
}

/// The quotients of every row at one step; not finite where the layer refuses it.
template <class Real>
std::vector<Level<Real>> NumericalVjp<Real>::levels_at(std::size_t feature, int k) {
  const std::size_t rows = response_.rows();
  const double step = std::ldexp(1.0, -k);
  const TensorOf<Real> higher = moved(response_.value(), feature, step);
  const TensorOf<Real> lower = moved(response_.value(), feature, -step);
  const std::optional<TensorOf<Real>> above = outputs_at(higher);
  const std::optional<TensorOf<Real>> below = outputs_at(lower);
  std::vector<Level<Real>> levels(rows);
  if (!above || !below) {
    levels.assign(rows, {std::numeric_limits<Real>::quiet_NaN(), 0, 0, 0});
    return levels;
  }
  const Real unit = machine_epsilon<Real>();
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    const std::size_t r = response_.row_of_output()[o];
    const std::size_t i = response_.entry(r, feature);
    if (flat_[o]) {
      const Real absorbed =
          absorbed_derivative(o) * y_.value.data()[o] / static_cast<Real>(scales_[i]);
      levels[r].rounding += absorbed * absorbed;
      continue;
    }
    const Real apart = higher.data()[i] - lower.data()[i];
    const Real u = above->data()[o], v = below->data()[o];
    const Real G = y_.value.data()[o];
    const Real derivative = (u - v) / apart;
    levels[r].derivative += G * derivative;
    levels[r].inherited += (G - y_.coarser.data()[o]) * derivative;
    const Real larger = std::max(std::abs(u), std::abs(v));
    const Real own = response_.rounding_of_change(larger, apart / 2);
    const Real rounding_error = std::max(static_cast<Real>(output_rounding_error_[o]), own);
    const Real rounding = 2 * G * rounding_error / apart;
    levels[r].rounding += rounding * rounding;
    const double product = static_cast<double>(unit * G);
    const double squared = static_cast<double>(derivative) * static_cast<double>(derivative);
    levels[r].variance += (y_.variance.data()[o] + product * product) * squared;
  }
  for (Level<Real>& level : levels) {
    level.rounding = std::sqrt(level.rounding);
  }
  return levels;
}

/// One feature on all steps of a range.
template <class Real>
void NumericalVjp<Real>::extrapolate_feature(std::size_t feature, Range range) {
  const std::size_t rows = response_.rows();
  tableaus_.assign(rows, {});
  curved_.assign(rows, 0);
  find_flat(feature);
  for (int k = range.first; k <= range.last; ++k) {
    const std::vector<Level<Real>> levels = levels_at(feature, k);
    for (std::size_t r = 0; r < rows; ++r) {
      tableaus_[r].add(levels[r]);
    }
    if (k == range.last) {
      measure_curvature(feature, k, levels);
    }
  }
}

/// Whether the steps leave less than rounding does, or a small part of the value.
template <class Real>
bool NumericalVjp<Real>::well(std::size_t row) const {
  const auto& best = tableaus_[row].best();
  return best.level >= 0 && (std::abs(best.truncation) <= best.rounding ||
                             std::abs(best.truncation) <= rel_tolerance * std::abs(best.value));
}

template <class Real>
bool NumericalVjp<Real>::all_well() const {
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    if (!well(r)) {
      return false;
    }
  }
  return true;
}

/// Gives entries whose steps do not serve their own scale; whether there are any.
template <class Real>
bool NumericalVjp<Real>::take_own_scales(std::size_t feature) {
  bool smaller = false;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const double own = static_cast<double>(std::abs(response_.value().data()[i]));
    const bool known = own > 0 || tableaus_[r].best().level >= 0;
    const double scale = known ? own : scale_of_nothing;
    if (!well(r) && scale > 0 && scale < scales_[i]) {
      scales_[i] = scale;
      smaller = true;
    }
  }
  return smaller;
}

/// Entries that are far smaller than their tensor's scale may have been passed over by all steps,
/// which then agree on what is to be seen from afar (a softmax looks like a maximum). One pair from
/// near tells; those that it contradicts get their own scale. Whether there are any.
template <class Real>
bool NumericalVjp<Real>::overlooks_small(std::size_t feature) {
  const std::vector<double> before = scales_;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const double own = static_cast<double>(std::abs(response_.value().data()[i]));
    scales_[i] = own > 0 && own < far_smaller * scales_[i] ? own : scales_[i];
  }
  if (scales_ == before) {
    return false;
  }
  const std::vector<Level<Real>> near = levels_at(feature, near_step);
  bool overlooked = false;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const auto& best = tableaus_[r].best();
    const Real size = std::max(std::abs(best.value), std::abs(near[r].derivative));
    const Real granted = best.bound() + near[r].rounding + static_cast<Real>(near_share) * size;
    const bool contradicted = std::abs(near[r].derivative - best.value) > granted;
    scales_[i] = contradicted ? scales_[i] : before[i];
    overlooked = overlooked || (contradicted && scales_[i] != before[i]);
  }
  return overlooked;
}

/// The same, with the steps of a whole range if others will not do, and on the entry's own scale
/// where that of its tensor is too large (log and 1/x of an entry that is small among others).
/// False where some row has no usable value.
template <class Real>
bool NumericalVjp<Real>::extrapolate_from(std::size_t feature, Range range) {
  const Range all{first_step<Real>, last_step<Real>};
  extrapolate_feature(feature, range);
  if (range != all && !all_well()) {
    extrapolate_feature(feature, all);
  }
  if (take_own_scales(feature) || overlooks_small(feature)) {
    extrapolate_feature(feature, all);
  }
  return std::ranges::all_of(tableaus_, [](const auto& l) { return l.best().level >= 0; });
}

/// The steps about the best of a few features.
template <class Real>
typename NumericalVjp<Real>::Range NumericalVjp<Real>::range_for_all() {
  const Range all{first_step<Real>, last_step<Real>};
  const std::size_t features = response_.features();
  if (features <= features_on_all_steps) {
    return all;
  }
  Range range{all.last, all.first};
  for (std::size_t k = 0; k < features_tried; ++k) {
    extrapolate_feature((2 * k + 1) * features / (2 * features_tried), all);
    for (const RichardsonTableau<Real>& tableau : tableaus_) {
      constexpr int wider = RichardsonTableau<Real>::window - 1;
      const int nearest = all.first + std::max(tableau.best().level, wider);
      range = {std::min(range.first, nearest - wider), std::max(range.last, nearest + 1)};
    }
  }
  return {std::max(range.first, all.first), std::min(range.last, all.last)};
}

template <class Real>
void NumericalVjp<Real>::keep(std::size_t feature, NumericGradient<Real>& found) const {
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const auto& best = tableaus_[r].best();
    const std::size_t i = response_.entry(r, feature);
    const double rounding = static_cast<double>(best.rounding);
    const double truncation = truncation_share * static_cast<double>(best.truncation);
    found.value.data()[i] = best.value;
    found.coarser.data()[i] = best.value - best.truncation - best.inherited;
    found.variance.data()[i] =
        best.variance + rounding * rounding + truncation * truncation + curved_[r] * curved_[r];
  }
}

template <class Real>
std::optional<NumericGradient<Real>> NumericalVjp<Real>::run() {
  if (!measure_rounding_errors()) {
    return std::nullopt;
  }
  perturb_inputs();
  NumericGradient<Real> found = zero_gradient<Real>(shape_of(response_.value()));
  const Range range = range_for_all();
  for (std::size_t j = 0; j < response_.features(); ++j) {
    if (!extrapolate_from(j, range)) {
      return std::nullopt;
    }
    keep(j, found);
  }
  return found;
}

template class NumericalVjp<double>;
template class NumericalVjp<long double>;

}  // namespace gradcheck
