#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/numeric/sweep/numerical_vjp.hpp>

/// What rounding does to NumericalVjp: to a layer's outputs, and by its inputs to the derivatives.
namespace gradcheck {

namespace {

/// Evaluations with perturbed inputs.
constexpr int samples = 3;

/// How many rounding errors away the derivatives are formed once more: far above what rounding does
/// to them, far below what a smooth layer notices beyond its first derivative. No further than this
/// part of an input's size, where rounding is large.
constexpr double rounding_errors_away = 0x1p20;
constexpr double away_at_most = 0x1p-7;

}  // namespace

/// How far rounding moves each output: as far as rounding of the inputs would, or of itself; where
/// the layer tells changes, no further than these say.
template <class Real>
bool NumericalVjp<Real>::measure_rounding_errors() {
  std::optional<TensorOf<Real>> here =
      response_.changing_outputs(response_.originals(), response_.value());
  if (!here) {
    return false;
  }
  outputs_ = std::move(*here);
  const double finer = static_cast<double>(machine_epsilon<Real>()) / machine_epsilon<double>();
  output_rounding_error_.assign(outputs_.size(), 0);
  if (response_.tells_changes()) {
    return true;
  }
  StochasticArithmetic arithmetic(seed_);
  for (int sample = 0; sample < samples; ++sample) {
    Tensors<Real> inputs;
    std::vector<const TensorOf<Real>*> x = response_.originals();
    inputs.reserve(x.size());
    for (std::size_t slot = 0; slot < x.size(); ++slot) {
      if (response_.differentiable(slot)) {
        Tensor factors = full<double>(shape_of(*x[slot]), 1);
        arithmetic.perturb(factors);
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
      const double rounding_error = finer * StochasticArithmetic::rounding_of(
                                                static_cast<double>(std::abs(moved)),
                                                static_cast<double>(std::abs(outputs_.data()[o])));
      output_rounding_error_[o] =
          std::max(output_rounding_error_[o], std::isfinite(rounding_error) ? rounding_error : 0);
    }
  }
  return true;
}

/// How many rounding errors all inputs can be moved without leaving what is near to them.
template <class Real>
double NumericalVjp<Real>::rounding_errors_to_go() const {
  double away = rounding_errors_away;
  for (std::size_t slot = 0; slot < response_.inputs(); ++slot) {
    const Tensor x = cast<double>(*response_.originals()[slot]);
    const double mean = scale_of<double>(x);
    for (std::size_t i = 0; response_.differentiable(slot) && i < x.size(); ++i) {
      const double near = away_at_most * std::max(std::abs(x.data()[i]), mean);
      const double rounding_error = rounding_errors_[slot]->data()[i];
      away = rounding_error > 0 ? std::min(away, near / rounding_error) : away;
    }
  }
  return std::max(away, 1.0);
}

/// All inputs moved by many rounding errors, each entry in a random direction.
template <class Real>
void NumericalVjp<Real>::perturb_inputs() {
  StochasticArithmetic arithmetic(seed_);
  away_ = rounding_errors_to_go();
  for (std::size_t slot = 0; slot < response_.inputs(); ++slot) {
    const TensorOf<Real>& x = *response_.originals()[slot];
    Tensor shift = zeros<double>(shape_of(x));
    if (response_.differentiable(slot)) {
      arithmetic.move(shift, *rounding_errors_[slot]);
    }
    displaced_.push_back(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      displaced_.back().data()[i] += static_cast<Real>(away_ * shift.data()[i]);
    }
  }
}

/// The derivative of every row at one step, with all inputs displaced; not finite where the layer
/// refuses that.
template <class Real>
std::vector<Real> NumericalVjp<Real>::derivatives_of_displaced(std::size_t feature, int k) {
  std::size_t slot = 0;
  while (!response_.moves(slot)) {
    ++slot;
  }
  std::vector<Real> derivatives(response_.rows(), Real(0));
  std::vector<Real> apart(response_.rows(), Real(0));
  for (const int side : {1, -1}) {
    const TensorOf<Real> x = moved(displaced_[slot], feature, std::ldexp(side, -k));
    const std::optional<TensorOf<Real>> y = response_.changing_outputs(addresses(displaced_), x);
    ++probes_;
    for (std::size_t r = 0; r < response_.rows(); ++r) {
      apart[r] += static_cast<Real>(side) * x.data()[response_.entry(r, feature)];
    }
    for (std::size_t o = 0; o < outputs_.size(); ++o) {
      const Real change =
          y ? y->data()[o] - outputs_.data()[o] : std::numeric_limits<Real>::quiet_NaN();
      derivatives[response_.row_of_output()[o]] +=
          static_cast<Real>(side) * y_.value.data()[o] * change;
    }
  }
  for (std::size_t r = 0; r < response_.rows(); ++r) {
    derivatives[r] /= apart[r];
  }
  return derivatives;
}

/// The inputs are off by their own rounding, and the derivatives with them; by all of it, where the
/// layer refuses inputs that are.
template <class Real>
void NumericalVjp<Real>::measure_curvature(std::size_t feature, int k,
                                           const std::vector<Level<Real>>& here) {
  const std::vector<Real> there = derivatives_of_displaced(feature, k);
  for (std::size_t r = 0; r < there.size(); ++r) {
    const double derivative = static_cast<double>(here[r].derivative);
    const double change = std::abs(static_cast<double>(there[r]) - derivative) / away_;
    curved_[r] = !std::isfinite(derivative) ? 0
                 : std::isfinite(change)    ? change
                                            : std::abs(derivative);
  }
}

template class NumericalVjp<double>;
template class NumericalVjp<long double>;

}  // namespace gradcheck
