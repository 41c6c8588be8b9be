#pragma once

#include <array>
#include <cmath>
#include <limits>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/layers/pointwise.hpp>

namespace gradcheck {

/// Activations in pieces, most of them straight: y = f(x), entry by entry; dx = dy ⊙ f'(x).

/// y = min(max(x, low), high); f' = 1 where low < x < high, else 0. Kinks at low and high.
struct HardTanh {
  double low;
  double high;
  std::array<double, 2> corners() const { return {low, high}; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= Real(low) ? 0 : x >= Real(high) ? 2 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 0 ? Real(low) : piece == 1 ? x : Real(high);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return piece == 1 ? Real(1) : Real(0);
  }
};

/// y = min(max(x + 3, 0), 6) / 6; f' = 1/6 where −3 < x < 3, else 0. Kinks at −3 and 3.
struct HardSigmoid {
  std::array<double, 2> corners() const { return {-3, 3}; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= -3 ? 0 : x >= 3 ? 2 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 0 ? Real(0) : piece == 1 ? (x + 3) / 6 : Real(1);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return piece == 1 ? Real(1) / 6 : Real(0);
  }
};

/// y = x min(max(x + 3, 0), 6) / 6; f' = 0 below −3, (2x + 3) / 6 from −3 to 3, 1 above. Kinks at
/// −3 and 3.
/// Source: A. Howard et al., arXiv:1905.02244, section 5.2.
struct HardSwish {
  std::array<double, 2> corners() const { return {-3, 3}; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x < -3 ? 0 : x > 3 ? 2 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 0 ? Real(0) : piece == 1 ? x * (x + 3) / 6 : x;
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    return piece == 0 ? Real(0) : piece == 1 ? (2 * x + 3) / 6 : Real(1);
  }
};

/// y = x − λ where x > λ, x + λ where x < −λ, else 0; f' = 1, 1, 0. Kinks at −λ and λ.
struct SoftShrink {
  double lambda;
  std::array<double, 2> corners() const { return {-lambda, lambda}; }
  bool kinked() const { return lambda != 0; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x < -Real(lambda) ? 0 : x > Real(lambda) || std::isnan(x) ? 2 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 0 ? x + Real(lambda) : piece == 1 ? Real(0) : x - Real(lambda);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return piece == 1 && kinked() ? Real(0) : Real(1);
  }
};

/// y = x where |x| > λ, else 0; f' = 1 or 0. y jumps at −λ and λ: there the derivative is that of
/// the piece on which x is.
struct HardShrink {
  double lambda;
  std::array<double, 2> corners() const { return {-lambda, lambda}; }
  bool ties_at_corners() const { return false; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x < -Real(lambda) ? 0 : x > Real(lambda) || std::isnan(x) ? 2 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? Real(0) : x;
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return piece == 1 ? Real(0) : Real(1);
  }
};

/// y = x where x > threshold, else v with v = value; f' = 1 or 0. A kink at the threshold if v is
/// the threshold, else a jump, where the derivative is that of the piece on which x is.
struct Threshold {
  double threshold;
  double below;
  std::array<double, 1> corners() const { return {threshold}; }
  bool ties_at_corners() const { return threshold == below; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= Real(threshold) ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 0 ? Real(below) : x;
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return Real(piece);
  }
};

/// y = x where x > 0, else a x, with a the weight of x's channel: that of its index along axis 1.
/// Shapes: x (N, C, ...) and weight (C), or x of any shape and weight (1); y as x.
/// Gradients: dx = dy where x > 0, else a dy; da = Σ dy x over the entries of its channel where
/// x ≤ 0. Kink at 0. Sites: the entries of x.
/// Throws ShapeError if the weight has neither 1 nor C entries.
/// Source: K. He et al., arXiv:1502.01852, equation (1).
struct PRelu {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& x, const Shape& weight) const;
  /// Elementwise where NumPy's broadcasting brings each weight to its channel.
  Structure structure(std::span<const Shape> x) const {
    const bool broadcasts = entries_of(x[1]) == 1 || x[0].size() == 2;
    return {.kind = broadcasts ? Structure::Kind::elementwise : Structure::Kind::unknown};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& weight) const {
    return along(x, weight, [&](std::size_t i) { return piece(x.data()[i]); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& weight, const TensorOf<Real>&) const {
    TensorOf<Real> dx = dy;
    TensorOf<Real> da = zeros<Real>(shape_of(weight));
    const Channels channel(shape_of(x), weight.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (piece(x.data()[i]) == 0) {
        dx.data()[i] *= weight.data()[channel.of(i)];
        da.data()[channel.of(i)] += dy.data()[i] * x.data()[i];
      }
    }
    return pack<Real>(std::move(dx), std::move(da));
  }

  Branches branches(const Tensor& x, const Tensor&) const {
    Branches pieces(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      pieces[i] = piece(x.data()[i]);
    }
    return pieces;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x,
                               const TensorOf<Real>& weight) const {
    return along(x, weight, [&](std::size_t i) { return pieces[i]; });
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const {
    return ties_at(std::array<double, 1>{0}, *x[0], *widths[0]);
  }

 private:
  /// Which weight belongs to an entry of x.
  struct Channels {
    std::size_t inner = 1;
    std::size_t count;
    Channels(const Shape& x, std::size_t weights) : count(weights) {
      for (std::size_t k = 2; k < x.size(); ++k) {
        inner *= x[k];
      }
    }
    std::size_t of(std::size_t i) const { return i / inner % count; }
  };

  template <class Real>
  static std::int32_t piece(Real x) {
    return x <= 0 ? 0 : 1;
  }
  template <class Real, class Piece>
  TensorOf<Real> along(const TensorOf<Real>& x, const TensorOf<Real>& weight,
                       Piece piece_of) const {
    const Channels channel(shape_of(x), weight.size());
    TensorOf<Real> y = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.data()[i] = piece_of(i) == 1 ? x.data()[i] : weight.data()[channel.of(i)] * x.data()[i];
    }
    return y;
  }
};

/// y_k = e^{−x_k} / Σ_j e^{−x_j} along one axis: softmax(−x).
/// Gradient: dx = −y ⊙ (dy − Σ_k dy_k y_k), with the digits that Softmax keeps.
/// Shapes: x and y of one shape, at least one axis.
/// Throws ValueError for an axis that x does not have.
struct Softmin {
  static constexpr std::size_t arity = 1;
  long long axis;

  Shape shape(const Shape& x) const {
    axis_of("softmin", axis, x.size());
    return x;
  }
  Structure structure(std::span<const Shape> x) const { return Softmax{axis}.structure(x); }
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return Softmax{axis}.forward(map(x, [](Real v) { return -v; }));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& y) const {
    return Softmax{axis}.backward(map(dy, [](Real d) { return -d; }), x, y);
  }
};

/// hard_tanh relu6 hard_sigmoid hardswish softshrink hardshrink threshold prelu softmin
void add_piecewise_activations(LayerLibrary& library);

}  // namespace gradcheck
