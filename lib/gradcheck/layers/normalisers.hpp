#pragma once

#include <cmath>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// S = Σ_k e^{z_k} over one lane (n entries, `stride` apart) as S = e^m (1 + s), with m = max z and
/// s the sum of e^{z_k − m} over all others: nothing overflows, and ln S = m + ln(1 + s) keeps its
/// digits where one entry outweighs all others.
/// Source: P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41 (2021) 2311-2330.
template <class Real>
struct LogSumExp {
  Real maximum;     ///< m
  Real others = 0;  ///< s

  LogSumExp(const Real* z, std::size_t n, std::size_t stride) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < n; ++k) {
      best = z[k * stride] > z[best * stride] ? k : best;
    }
    maximum = z[best * stride];
    for (std::size_t k = 0; k < n; ++k) {
      others += k == best ? Real(0) : std::exp(z[k * stride] - maximum);
    }
  }

  /// e^z / S
  Real probability(Real z) const { return std::exp(z - maximum) / (1 + others); }
  /// z − ln S
  Real log_probability(Real z) const { return (z - maximum) - std::log1p(others); }
};

/// y_k = x_k − ln Σ_j e^{x_j} along one axis.
/// Gradient: dx = dy − e^y Σ_k dy_k.
/// Shapes: x and y of one shape, at least one axis.
/// Throws ValueError for an axis that x does not have.
struct LogSoftmax {
  static constexpr std::size_t arity = 1;
  long long axis;

  Shape shape(const Shape& x) const {
    axis_of("log_softmax", axis, x.size());
    return x;
  }
  Structure structure(std::span<const Shape> x) const {
    return axis_of("log_softmax", axis, x[0].size()) == 0
               ? Structure{}
               : Structure{.kind = Structure::Kind::by_rows, .rows = {true}};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(shape_of(x), axis_of("log_softmax", axis, x.dimension()));
    TensorOf<Real> y = empty<Real>(shape_of(x));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::size_t start = lanes.start(lane);
      const LogSumExp<Real> sum(x.data() + start, lanes.extent, lanes.inner);
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = start + k * lanes.inner;
        y.data()[i] = sum.log_probability(x.data()[i]);
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Lanes lanes(shape_of(x), axis_of("log_softmax", axis, x.dimension()));
    TensorOf<Real> dx = empty<Real>(shape_of(x));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      Real sum = 0;
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        sum += dy.data()[lanes.start(lane) + k * lanes.inner];
      }
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        dx.data()[i] = dy.data()[i] - std::exp(y.data()[i]) * sum;
      }
    }
    return pack<Real>(std::move(dx));
  }
};

/// y_k = e^{x_k} / Σ_j e^{x_j} along one axis.
/// Gradient: dx = y ⊙ (dy − Σ_k dy_k y_k).
/// Shapes: x and y of one shape, at least one axis.
/// Throws ValueError for an axis that x does not have.
struct Softmax {
  static constexpr std::size_t arity = 1;
  long long axis;

  Shape shape(const Shape& x) const {
    axis_of("softmax", axis, x.size());
    return x;
  }
  Structure structure(std::span<const Shape> x) const {
    return axis_of("softmax", axis, x[0].size()) == 0
               ? Structure{}
               : Structure{.kind = Structure::Kind::by_rows, .rows = {true}};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(shape_of(x), axis_of("softmax", axis, x.dimension()));
    TensorOf<Real> y = empty<Real>(shape_of(x));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::size_t start = lanes.start(lane);
      const LogSumExp<Real> sum(x.data() + start, lanes.extent, lanes.inner);
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = start + k * lanes.inner;
        y.data()[i] = sum.probability(x.data()[i]);
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Lanes lanes(shape_of(x), axis_of("softmax", axis, x.dimension()));
    TensorOf<Real> dx = empty<Real>(shape_of(x));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      Real mean = 0;
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        mean += dy.data()[i] * y.data()[i];
      }
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        dx.data()[i] = y.data()[i] * (dy.data()[i] - mean);
      }
    }
    return pack<Real>(std::move(dx));
  }
};

/// softmax log_softmax
void add_normaliser_layers(LayerLibrary& library);

}  // namespace gradcheck
