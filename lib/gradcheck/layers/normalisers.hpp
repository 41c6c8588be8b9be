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
#include <gradcheck/tensor/elementary.hpp>

namespace gradcheck {

/// S = Σ_k e^{z_k} over each lane of z along one axis, as S = e^m (1 + s), with m = max z and s the
/// sum of e^{z_k − m} over all others: nothing overflows, and ln S = m + ln(1 + s) keeps its digits
/// where one entry outweighs all others.
/// Source: P. Blanchard, D. J. Higham, N. J. Higham, IMA J. Numer. Anal. 41 (2021) 2311-2330.
template <class Real>
class LogSumExps {
 public:
  LogSumExps(const TensorOf<Real>& z, const Lanes& lanes)
      : lanes_(lanes.count()), sums_(3 * lanes_), exponentials_(empty_like(z)) {
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      const std::size_t start = lanes.start(lane);
      const Real* x = z.data() + start;
      const Real largest = x[largest_of(x, lanes) * lanes.inner];
      maxima()[lane] = largest;
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        exponentials_.data()[start + k * lanes.inner] = x[k * lanes.inner] - largest;
      }
    }
    exp_each<Real>(entries(std::as_const(exponentials_)), entries(exponentials_));
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      const std::size_t start = lanes.start(lane);
      const std::size_t best = largest_of(z.data() + start, lanes);
      const Real* e = exponentials_.data() + start;
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        others()[lane] += k == best ? Real(0) : e[k * lanes.inner];
      }
    }
    log1p_each<Real>(others(), logarithms());
  }

  /// e^z / S of the entry z at a flat position, in that lane.
  Real probability(std::size_t lane, std::size_t position) const {
    return exponentials_.data()[position] / (1 + sums_[lanes_ + lane]);
  }
  /// z − ln S
  Real log_probability(std::size_t lane, Real z) const {
    return (z - sums_[lane]) - sums_[2 * lanes_ + lane];
  }

 private:
  /// The first of the largest entries of a lane.
  static std::size_t largest_of(const Real* x, const Lanes& lanes) {
    std::size_t largest = 0;
    for (std::size_t k = 1; k < lanes.extent; ++k) {
      largest = x[k * lanes.inner] > x[largest * lanes.inner] ? k : largest;
    }
    return largest;
  }

  std::span<Real> maxima() { return std::span(sums_).first(lanes_); }            ///< m
  std::span<Real> others() { return std::span(sums_).subspan(lanes_, lanes_); }  ///< s
  std::span<Real> logarithms() { return std::span(sums_).last(lanes_); }         ///< ln(1 + s)

  std::size_t lanes_;
  std::vector<Real> sums_;       ///< all m, then all s, then all ln(1 + s)
  TensorOf<Real> exponentials_;  ///< e^{z − m}
};

/// The entries of one lane, one after the other.
template <class Real>
std::vector<Real> gather(const TensorOf<Real>& t, const Lanes& lanes, std::size_t lane) {
  std::vector<Real> gathered(lanes.extent);
  for (std::size_t k = 0; k < lanes.extent; ++k) {
    gathered[k] = t.data()[lanes.start(lane) + k * lanes.inner];
  }
  return gathered;
}

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

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(x, axis_of("log_softmax", axis, x.dimension()));
    TensorOf<Real> y = empty_like(x);
    const LogSumExps<Real> sums(x, lanes);
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
      const std::vector<Real> others = sums_of_others<Real>(gather(dy, lanes, lane));
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

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(x, axis_of("softmax", axis, x.dimension()));
    TensorOf<Real> y = empty_like(x);
    const LogSumExps<Real> sums(x, lanes);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        const std::size_t i = lanes.start(lane) + k * lanes.inner;
        y.data()[i] = sums.probability(lane, i);
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
      const std::vector<Real> p = gather(y, lanes, lane);
      std::vector<Real> d = gather(dy, lanes, lane);
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
