#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/sweep/local_slopes.hpp>

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
constexpr double serving = 0x1p-30;

/// Entries smaller than this part of their scale are looked at once more, at a step of so many
/// halvings of their own size; a quotient from there is right to about this share.
constexpr double far_smaller = 0x1p-6;
constexpr int near_step = 6;
constexpr double near_share = 0x1p-6;

/// Displacements, in scales, that show which outputs depend on an entry at all.
constexpr std::array<double, 2> far_away{-64, 64};

/// What the steps leave out may cancel in a sum over rows, in one order and not in the next: so
/// much of each row's estimate counts like rounding.
constexpr double truncation_share = 1.0 / 8;

}  // namespace

template <class Real>
LocalSlopes<Real>::LocalSlopes(const LayerResponse<Real>& response, const Slopes<Real>& y,
                               std::vector<const Tensor*> widths, std::uint64_t seed)
    : response_(response), y_(y), widths_(std::move(widths)), seed_(seed) {
  const double mean = mean_size(cast<double>(response.value()));
  for (const Real x : entries(response.value())) {
    scales_.push_back(std::max(static_cast<double>(std::abs(x)), mean));
  }
}

/// x with one feature of every row moved, by a step on each entry's own scale.
template <class Real>
TensorOf<Real> LocalSlopes<Real>::moved(const TensorOf<Real>& x, std::size_t feature,
                                        double step) const {
  TensorOf<Real> there = x;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    there.data()[i] += static_cast<Real>(step * scales_[i]);
  }
  return there;
}

template <class Real>
std::optional<TensorOf<Real>> LocalSlopes<Real>::outputs_at(const TensorOf<Real>& x) {
  ++probes_;
  return response_.changing_outputs(x);
}

/// Which outputs do not change by a bit from far below to far above every entry of a feature.
template <class Real>
void LocalSlopes<Real>::find_flat(std::size_t feature) {
  flat_.assign(outputs_.size(), true);
  for (const double reach : far_away) {
    const std::optional<TensorOf<Real>> y = outputs_at(moved(response_.value(), feature, reach));
    for (std::size_t o = 0; o < flat_.size(); ++o) {
      flat_[o] = flat_[o] && y && y->data()[o] == unmoved_.data()[o];
    }
  }
}

/// What the slope of a flat output may be even so, for a scale of 1: less than its rounding far
/// away. None of a constant piece.
template <class Real>
Real LocalSlopes<Real>::absorbed_slope(std::size_t output) const {
  return response_.smooth() ? machine_epsilon<Real>() * std::abs(outputs_.data()[output]) /
                                  static_cast<Real>(far_away.back())
                            : Real(0);
}

/// The quotients of every row at one step; not finite where the layer refuses it.
template <class Real>
std::vector<Rung<Real>> LocalSlopes<Real>::rungs_at(std::size_t feature, int k) {
  const std::size_t rows = response_.rows();
  const double step = std::ldexp(1.0, -k);
  const TensorOf<Real> higher = moved(response_.value(), feature, step);
  const TensorOf<Real> lower = moved(response_.value(), feature, -step);
  const std::optional<TensorOf<Real>> above = outputs_at(higher);
  const std::optional<TensorOf<Real>> below = outputs_at(lower);
  std::vector<Rung<Real>> rungs(rows);
  if (!above || !below) {
    rungs.assign(rows, {std::numeric_limits<Real>::quiet_NaN(), 0, 0, 0});
    return rungs;
  }
  const Real unit = machine_epsilon<Real>();
  for (std::size_t o = 0; o < outputs_.size(); ++o) {
    const std::size_t r = response_.row_of_output()[o];
    const std::size_t i = response_.entry(r, feature);
    if (flat_[o]) {
      const Real absorbed = absorbed_slope(o) * y_.value.data()[o] / static_cast<Real>(scales_[i]);
      rungs[r].rounding += absorbed * absorbed;
      continue;
    }
    const Real apart = higher.data()[i] - lower.data()[i];
    const Real u = above->data()[o], v = below->data()[o];
    const Real G = y_.value.data()[o];
    const Real slope = (u - v) / apart;
    rungs[r].slope += G * slope;
    rungs[r].inherited += (G - y_.coarser.data()[o]) * slope;
    const Real larger = std::max(std::abs(u), std::abs(v));
    const Real own = response_.rounding_of_change(larger, apart / 2);
    const Real width = std::max(static_cast<Real>(output_width_[o]), own);
    const Real rounding = 2 * G * width / apart;
    rungs[r].rounding += rounding * rounding;
    const double product = static_cast<double>(unit * G);
    const double squared = static_cast<double>(slope) * static_cast<double>(slope);
    rungs[r].variance += (y_.variance.data()[o] + product * product) * squared;
  }
  for (Rung<Real>& rung : rungs) {
    rung.rounding = std::sqrt(rung.rounding);
  }
  return rungs;
}

/// One feature on all steps of a range.
template <class Real>
void LocalSlopes<Real>::climb(std::size_t feature, Range range) {
  const std::size_t rows = response_.rows();
  ladders_.assign(rows, {});
  curved_.assign(rows, 0);
  find_flat(feature);
  for (int k = range.first; k <= range.last; ++k) {
    const std::vector<Rung<Real>> rungs = rungs_at(feature, k);
    for (std::size_t r = 0; r < rows; ++r) {
      ladders_[r].add(rungs[r]);
    }
    if (k == range.last) {
      measure_curvature(feature, k, rungs);
    }
  }
}

/// Whether the steps leave less than rounding does, or a small part of the value.
template <class Real>
bool LocalSlopes<Real>::well(std::size_t row) const {
  const auto& best = ladders_[row].best();
  return best.rung >= 0 && (std::abs(best.truncation) <= best.rounding ||
                            std::abs(best.truncation) <= serving * std::abs(best.value));
}

template <class Real>
bool LocalSlopes<Real>::all_well() const {
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    if (!well(r)) {
      return false;
    }
  }
  return true;
}

/// Gives entries whose steps do not serve their own scale; whether there are any.
template <class Real>
bool LocalSlopes<Real>::take_own_scales(std::size_t feature) {
  bool smaller = false;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const double own = static_cast<double>(std::abs(response_.value().data()[i]));
    if (!well(r) && own > 0 && own < scales_[i]) {
      scales_[i] = own;
      smaller = true;
    }
  }
  return smaller;
}

/// Entries that are far smaller than their tensor's scale may have been passed over by all steps,
/// which then agree on what is to be seen from afar (a softmax looks like a maximum). One pair from
/// near tells; those that it contradicts get their own scale. Whether there are any.
template <class Real>
bool LocalSlopes<Real>::overlooks_small(std::size_t feature) {
  const std::vector<double> before = scales_;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const double own = static_cast<double>(std::abs(response_.value().data()[i]));
    scales_[i] = own > 0 && own < far_smaller * scales_[i] ? own : scales_[i];
  }
  if (scales_ == before) {
    return false;
  }
  const std::vector<Rung<Real>> near = rungs_at(feature, near_step);
  bool overlooked = false;
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const std::size_t i = response_.entry(r, feature);
    const auto& best = ladders_[r].best();
    const Real size = std::max(std::abs(best.value), std::abs(near[r].slope));
    const Real granted = best.bound() + near[r].rounding + static_cast<Real>(near_share) * size;
    const bool contradicted = std::abs(near[r].slope - best.value) > granted;
    scales_[i] = contradicted ? scales_[i] : before[i];
    overlooked = overlooked || (contradicted && scales_[i] != before[i]);
  }
  return overlooked;
}

/// The same, with the steps of a whole range if others will not do, and on the entry's own scale
/// where that of its tensor is too large (log and 1/x of an entry that is small among others).
/// False where some row has no usable value.
template <class Real>
bool LocalSlopes<Real>::climb_well(std::size_t feature, Range range) {
  const Range all{first_step<Real>, last_step<Real>};
  climb(feature, range);
  if (range != all && !all_well()) {
    climb(feature, all);
  }
  if (take_own_scales(feature) || overlooks_small(feature)) {
    climb(feature, all);
  }
  return std::ranges::all_of(ladders_, [](const auto& l) { return l.best().rung >= 0; });
}

/// The steps about the best of a few features.
template <class Real>
typename LocalSlopes<Real>::Range LocalSlopes<Real>::range_for_all() {
  const Range all{first_step<Real>, last_step<Real>};
  const std::size_t features = response_.features();
  if (features <= features_on_all_steps) {
    return all;
  }
  Range range{all.last, all.first};
  for (std::size_t k = 0; k < features_tried; ++k) {
    climb((2 * k + 1) * features / (2 * features_tried), all);
    for (const Ladder<Real>& ladder : ladders_) {
      constexpr int wider = Ladder<Real>::window - 1;
      const int nearest = all.first + std::max(ladder.best().rung, wider);
      range = {std::min(range.first, nearest - wider), std::max(range.last, nearest + 1)};
    }
  }
  return {std::max(range.first, all.first), std::min(range.last, all.last)};
}

template <class Real>
void LocalSlopes<Real>::keep(std::size_t feature, Slopes<Real>& found) const {
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    const auto& best = ladders_[r].best();
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
std::optional<Slopes<Real>> LocalSlopes<Real>::run() {
  if (!measure_widths()) {
    return std::nullopt;
  }
  displace_inputs();
  Slopes<Real> found = no_slopes<Real>(shape_of(response_.value()));
  const Range range = range_for_all();
  for (std::size_t j = 0; j < response_.features(); ++j) {
    if (!climb_well(j, range)) {
      return std::nullopt;
    }
    keep(j, found);
  }
  return found;
}

template class LocalSlopes<double>;
template class LocalSlopes<long double>;

}  // namespace gradcheck
