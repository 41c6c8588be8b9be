#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

/// y_k = x_k − ln Σ_j e^{x_j} along one axis.
/// Gradient: dx = dy − e^y Σ_k dy_k, computed as dx_k = dy_k (1 − e^{y_k}) − e^{y_k} Σ_{j≠k} dy_j,
/// which keeps its digits where one entry outweighs the others.
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
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(x, axis_of("log_softmax", axis, x.dimension()));
    TensorOf<Real> y = empty_like(x);
    const LogSumExps<Real> sums(x, lanes.extent, lanes.inner);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        y.data()[i] = sums.log_probability(lane, x.data()[i]);
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Lanes lanes(x, axis_of("log_softmax", axis, x.dimension()));
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::vector<Real> others = sums_of_others<Real>(gathered(dy, lanes, lane));
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        dx.data()[i] = -dy.data()[i] * std::expm1(y.data()[i]) - std::exp(y.data()[i]) * others[k];
      }
    }
    return pack<Real>(std::move(dx));
  }
};

/// y_k = e^{x_k} / Σ_j e^{x_j} along one axis.
/// Gradient: dx = y ⊙ (dy − Σ_k dy_k y_k), computed as dx_k = y_k (d_k Σ_{j≠k} y_j − Σ_{j≠k} d_j
/// y_j) with d = dy − dy_m, m the most probable entry: what the upstream has in common adds
/// nothing, not even rounding, and a small 1 − y_k keeps its digits. Shapes: x and y of one shape,
/// at least one axis. Throws ValueError for an axis that x does not have.
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
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(x, axis_of("softmax", axis, x.dimension()));
    TensorOf<Real> y = empty_like(x);
    const LogSumExps<Real> sums(x, lanes.extent, lanes.inner);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        y.data()[i] = sums.probability(lane, k);
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    const Lanes lanes(x, axis_of("softmax", axis, x.dimension()));
    TensorOf<Real> dx = empty_like(x);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::vector<Real> p = gathered(y, lanes, lane);
      std::vector<Real> d = gathered(dy, lanes, lane);
      const Real common = d[static_cast<std::size_t>(std::ranges::max_element(p) - p.begin())];
      std::vector<Real> weighted(lanes.extent);
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        d[k] -= common;
        weighted[k] = d[k] * p[k];
      }
      const std::vector<Real> other_p = sums_of_others<Real>(p);
      const std::vector<Real> other_weighted = sums_of_others<Real>(weighted);
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        dx.data()[lanes.start(lane) + k * lanes.inner] =
            p[k] * (d[k] * other_p[k] - other_weighted[k]);
      }
    }
    return pack<Real>(std::move(dx));
  }
};

/// softmax log_softmax
void add_normaliser_layers(LayerLibrary& library);

}  // namespace gradcheck
