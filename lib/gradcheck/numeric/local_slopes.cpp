#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/local_slopes.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/rounding.hpp>
#include <gradcheck/numeric/sizes.hpp>

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

/// Evaluations with disturbed inputs.
constexpr int samples = 3;

/// How many widths away the slopes are formed once more: far above what rounding does to them, far
/// below what a smooth layer notices beyond its first derivative. No further than this part of an
/// input's size, where rounding is large.
constexpr double widths_away = 0x1p20;
constexpr double away_at_most = 0x1p-7;

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

/// How far rounding moves each output: as far as rounding of the inputs would, or of itself.
template <class Real>
bool LocalSlopes<Real>::measure_widths() {
  std::optional<TensorOf<Real>> here = response_.outputs(response_.value());
  if (!here) {
    return false;
  }
  outputs_ = std::move(*here);
  const double finer = static_cast<double>(machine_epsilon<Real>()) / machine_epsilon<double>();
  output_width_.assign(outputs_.size(), 0);
  Disturbance disturbance(seed_);
  for (int sample = 0; sample < samples; ++sample) {
    Tensors<Real> inputs;
    std::vector<const TensorOf<Real>*> x = response_.originals();
    inputs.reserve(x.size());
    for (std::size_t slot = 0; slot < x.size(); ++slot) {
      if (response_.differentiable(slot)) {
        Tensor factors = full<double>(shape_of(*x[slot]), 1);
        disturbance.apply(factors);
        inputs.push_back(*x[slot]);
        for (std::size_t i = 0; i < factors.size(); ++i) {
          inputs.back().data()[i] *= static_cast<Real>(factors.data()[i]);
        }
        x[slot] = &inputs.back();
      }
    }
    const std::optional<TensorOf<Real>> there = response_.outputs(x);
    ++probes_;
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const Real moved = there ? there->data()[o] - outputs_.data()[o] : Real(0);
      const double width =
          finer * Disturbance::width(static_cast<double>(std::abs(moved)),
                                     static_cast<double>(std::abs(outputs_.data()[o])));
      output_width_[o] = std::max(output_width_[o], std::isfinite(width) ? width : 0);
    }
  }
  return true;
}

/// How many widths all inputs can be moved without leaving what is near to them.
template <class Real>
double LocalSlopes<Real>::widths_to_go() const {
  double away = widths_away;
  for (std::size_t slot = 0; slot < response_.inputs(); ++slot) {
    const Tensor x = cast<double>(*response_.originals()[slot]);
    const double mean = mean_size(x);
    for (std::size_t i = 0; response_.differentiable(slot) && i < x.size(); ++i) {
      const double near = away_at_most * std::max(std::abs(x.data()[i]), mean);
      const double width = widths_[slot]->data()[i];
      away = width > 0 ? std::min(away, near / width) : away;
    }
  }
  return std::max(away, 1.0);
}

/// All inputs moved by many widths, each entry in a random direction.
template <class Real>
void LocalSlopes<Real>::displace_inputs() {
  Disturbance disturbance(seed_);
  away_ = widths_to_go();
  for (std::size_t slot = 0; slot < response_.inputs(); ++slot) {
    const TensorOf<Real>& x = *response_.originals()[slot];
    Tensor shift = zeros<double>(shape_of(x));
    if (response_.differentiable(slot)) {
      disturbance.displace(shift, *widths_[slot]);
    }
    displaced_.push_back(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      displaced_.back().data()[i] += static_cast<Real>(away_ * shift.data()[i]);
    }
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
  return response_.outputs(x);
}

/// Which outputs do not change by a bit from far below to far above every entry of a feature.
template <class Real>
void LocalSlopes<Real>::find_flat(std::size_t feature) {
  flat_.assign(outputs_.size(), true);
  for (const double reach : far_away) {
    const std::optional<TensorOf<Real>> y = outputs_at(moved(response_.value(), feature, reach));
    for (std::size_t o = 0; o < flat_.size(); ++o) {
      flat_[o] = flat_[o] && y && y->data()[o] == outputs_.data()[o];
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
    const Real size = 2 * unit * std::max(std::abs(u), std::abs(v));
    const Real width = std::max(static_cast<Real>(output_width_[o]), size);
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

/// The slope of every row at one step, with all inputs displaced; not finite where the layer
/// refuses that.
template <class Real>
std::vector<Real> LocalSlopes<Real>::slopes_of_displaced(std::size_t feature, int k) {
  std::size_t slot = 0;
  while (!response_.moves(slot)) {
    ++slot;
  }
  std::vector<Real> slopes(response_.rows(), Real(0));
  std::vector<Real> apart(response_.rows(), Real(0));
  for (const int side : {1, -1}) {
    const TensorOf<Real> x = moved(displaced_[slot], feature, std::ldexp(side, -k));
    std::vector<const TensorOf<Real>*> inputs = addresses(displaced_);
    for (std::size_t s = 0; s < inputs.size(); ++s) {
      inputs[s] = response_.moves(s) ? &x : inputs[s];
    }
    const std::optional<TensorOf<Real>> y = response_.outputs(inputs);
    ++probes_;
    for (std::size_t r = 0; r < response_.rows(); ++r) {
      apart[r] += static_cast<Real>(side) * x.data()[response_.entry(r, feature)];
    }
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const Real change =
          y ? y->data()[o] - outputs_.data()[o] : std::numeric_limits<Real>::quiet_NaN();
      slopes[response_.row_of_output()[o]] += static_cast<Real>(side) * y_.value.data()[o] * change;
    }
  }
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    slopes[r] /= apart[r];
  }
  return slopes;
}

/// The inputs are off by their own rounding, and the slopes with them; by all of it, where the
/// layer refuses inputs that are.
template <class Real>
void LocalSlopes<Real>::measure_curvature(std::size_t feature, int k,
                                          const std::vector<Rung<Real>>& here) {
  const std::vector<Real> there = slopes_of_displaced(feature, k);
  for (std::size_t r = 0; r < there.size(); ++r) {
    const double slope = static_cast<double>(here[r].slope);
    const double change = std::abs(static_cast<double>(there[r]) - slope) / away_;
    curved_[r] = !std::isfinite(slope) ? 0 : std::isfinite(change) ? change : std::abs(slope);
  }
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
