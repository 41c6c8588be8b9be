#pragma once

#include <cmath>
#include <vector>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/reductions.hpp>

namespace gradcheck {

/// What normalising layers have in common: groups of entries with mean 0 and variance 1.

/// The mean of what `entry(m)` gives for the members of a group.
template <class Real, class Entry>
Real mean_of(std::size_t count, Entry entry) {
  AccurateSum<Real> sum;
  for (std::size_t m = 0; m < count; ++m) {
    sum.add(entry(m));
  }
  return sum.value() / Real(count);
}

/// x̂ = (x − μ) / √(σ² + ε) in each group, μ and σ² its mean and (biased) variance; without `centre`
/// x̂ = x / √(mean x² + ε).
template <class Real>
struct Standardised {
  TensorOf<Real> xhat;
  std::vector<Real> mean;      ///< of each group; 0 without centre
  std::vector<Real> variance;  ///< of each group; the mean of x² without centre
  std::vector<Real> inverse;   ///< 1 / √(σ² + ε)

  Standardised(const TensorOf<Real>& x, const Groups& groups, double epsilon, bool centre = true)
      : xhat(x), mean(groups.groups(), Real(0)), variance(mean), inverse(mean) {
    for (std::size_t g = 0; g < groups.groups(); ++g) {
      const auto entry = [&](std::size_t m) -> Real& { return xhat.data()[groups.member(g, m)]; };
      // Twice: what the first mean was rounded by is all that is left for the second.
      for (int pass = 0; centre && pass < 2; ++pass) {
        const Real shift = mean_of<Real>(groups.count, entry);
        mean[g] += shift;
        for (std::size_t m = 0; m < groups.count; ++m) {
          entry(m) -= shift;
        }
      }
      variance[g] = mean_of<Real>(groups.count, [&](std::size_t m) { return entry(m) * entry(m); });
      inverse[g] = 1 / std::sqrt(variance[g] + Real(epsilon));
      for (std::size_t m = 0; m < groups.count; ++m) {
        entry(m) *= inverse[g];
      }
    }
  }

  /// dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + ε) in each group, with d = dL/dx̂; without centre
  /// the mean of d stays.
  TensorOf<Real> backward(const TensorOf<Real>& d, const Groups& groups, bool centre = true) const {
    TensorOf<Real> dx = empty_like(xhat);
    for (std::size_t g = 0; g < groups.groups(); ++g) {
      const auto at = [&](std::size_t m) { return groups.member(g, m); };
      const Real common =
          centre ? mean_of<Real>(groups.count, [&](std::size_t m) { return d.data()[at(m)]; })
                 : Real(0);
      const Real along = mean_of<Real>(
          groups.count, [&](std::size_t m) { return d.data()[at(m)] * xhat.data()[at(m)]; });
      for (std::size_t m = 0; m < groups.count; ++m) {
        const std::size_t i = at(m);
        dx.data()[i] = inverse[g] * (d.data()[i] - common - xhat.data()[i] * along);
      }
    }
    return dx;
  }
};

/// y = x̂ weight + bias: each entry with the weight and bias at i / inner % size of it, if they are
/// there.
template <class Real>
struct Scaling {
  const TensorOf<Real>* weight = nullptr;
  const TensorOf<Real>* bias = nullptr;
  std::size_t inner = 1;

  TensorOf<Real> forward(TensorOf<Real> y) const {
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] = weight != nullptr ? y.data()[i] * at(*weight, i) : y.data()[i];
      y.data()[i] = bias != nullptr ? y.data()[i] + at(*bias, i) : y.data()[i];
    }
    return y;
  }
  /// dL/dx̂ = dy weight
  TensorOf<Real> upstream(TensorOf<Real> dy) const {
    for (std::size_t i = 0; weight != nullptr && i < dy.size(); ++i) {
      dy.data()[i] *= at(*weight, i);
    }
    return dy;
  }
  /// Appends dweight = Σ dy ⊙ x̂ and dbias = Σ dy.
  void append_gradients(const TensorOf<Real>& dy, const TensorOf<Real>& xhat,
                        Tensors<Real>& gradients) const {
    if (weight != nullptr) {
      gradients.push_back(
          folded(*weight, dy, [&](std::size_t i) { return dy.data()[i] * xhat.data()[i]; }));
    }
    if (bias != nullptr) {
      gradients.push_back(folded(*bias, dy, [&](std::size_t i) { return dy.data()[i]; }));
    }
  }

 private:
  const Real& at(const TensorOf<Real>& t, std::size_t i) const {
    return t.data()[i / inner % t.size()];
  }
  template <class Term>
  TensorOf<Real> folded(const TensorOf<Real>& like, const TensorOf<Real>& dy, Term term) const {
    TensorOf<Real> sum = zeros<Real>(shape_of(like));
    for (std::size_t i = 0; i < dy.size(); ++i) {
      sum.data()[i / inner % sum.size()] += term(i);
    }
    return sum;
  }
};

/// Which of the optional tensors weight and bias a layer has.
struct ScaledBy {
  bool weight;
  bool bias;

  /// Reads them from a layer's inputs, the last ones.
  template <class Real>
  Scaling<Real> of(Inputs<Real> in, std::size_t inner) const {
    Scaling<Real> scaling{nullptr, nullptr, inner};
    std::size_t next = in.size() - (weight ? 1 : 0) - (bias ? 1 : 0);
    scaling.weight = weight ? in[next++] : nullptr;
    scaling.bias = bias ? in[next] : nullptr;
    return scaling;
  }
  /// Throws ShapeError unless each that is there, among the last of `in`, has the shape `wanted`.
  void require(std::string_view where, std::span<const Shape> in, const Shape& wanted,
               const std::string& meaning) const;
};

}  // namespace gradcheck
