#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/numeric/sweep/local_slopes.hpp>

/// What rounding does to LocalSlopes: to a layer's outputs, and by its inputs to the slopes.
namespace gradcheck {

namespace {

/// Evaluations with disturbed inputs.
constexpr int samples = 3;

/// How many widths away the slopes are formed once more: far above what rounding does to them, far
/// below what a smooth layer notices beyond its first derivative. No further than this part of an
/// input's size, where rounding is large.
constexpr double widths_away = 0x1p20;
constexpr double away_at_most = 0x1p-7;

}  // namespace

/// How far rounding moves each output: as far as rounding of the inputs would, or of itself; where
/// the layer tells changes, no further than these say.
template <class Real>
bool LocalSlopes<Real>::measure_widths() {
  std::optional<TensorOf<Real>> here = response_.outputs(response_.value());
  std::optional<TensorOf<Real>> unmoved = response_.changing_outputs(response_.value());
  if (!here || !unmoved) {
    return false;
  }
  outputs_ = std::move(*here);
  unmoved_ = std::move(*unmoved);
  const double finer = static_cast<double>(machine_epsilon<Real>()) / machine_epsilon<double>();
  output_width_.assign(outputs_.size(), 0);
  if (response_.tells_changes()) {
    return true;
  }
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

template class LocalSlopes<double>;
template class LocalSlopes<long double>;

}  // namespace gradcheck
