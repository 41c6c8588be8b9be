#pragma once

#include <cmath>
#include <vector>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>

namespace gradcheck {

/// Losses of how near vectors are to one another.

template <class Real>
Real dot_of(const std::vector<Real>& a, const std::vector<Real>& b) {
  AccurateSum<Real> sum;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum.add(a[k] * b[k]);
  }
  return sum.value();
}

/// c = a·b / (|a| |b|), each norm taken as `smallest` at least, and its derivatives:
/// ∂c/∂a = b / (|a| |b|) − c a / |a|², without the second term where |a| is taken as `smallest`.
/// With `added`, |a| is √(Σ a² + added), as in PyTorch's cosine_embedding_loss.
template <class Real>
struct Cosine {
  Real value;
  std::vector<Real> da, db;

  Cosine(const std::vector<Real>& a, const std::vector<Real>& b, Real smallest, Real added = 0) {
    const Real length_a = std::sqrt(dot_of(a, a) + added),
               length_b = std::sqrt(dot_of(b, b) + added);
    const Real norm_a = std::max(length_a, smallest), norm_b = std::max(length_b, smallest);
    value = dot_of(a, b) / norm_a / norm_b;
    const Real turn_a = length_a < smallest ? Real(0) : value / norm_a / norm_a;
    const Real turn_b = length_b < smallest ? Real(0) : value / norm_b / norm_b;
    for (std::size_t k = 0; k < a.size(); ++k) {
      da.push_back(b[k] / norm_a / norm_b - turn_a * a[k]);
      db.push_back(a[k] / norm_a / norm_b - turn_b * b[k]);
    }
  }
};

/// y = a·b / (max(|a|, ε) max(|b|, ε)) along one axis.
/// Shapes: a and b of one shape, y is it without the axis.
/// Gradients: da = dy (b / (|a| |b|) − y a / |a|²), and so for b.
/// Throws ShapeError if the shapes of a and b differ, ValueError for an axis that they do not have.
struct CosineSimilarity {
  static constexpr std::size_t arity = 2;
  long long axis;
  double eps;

  Shape shape(const Shape& a, const Shape& b) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    TensorOf<Real> y = empty<Real>(shape(shape_of(a), shape_of(b)));
    each_lane(a, b, [&](const Lanes&, std::size_t lane, const Cosine<Real>& cosine) {
      y.data()[lane] = cosine.value;
    });
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    TensorOf<Real> da = empty_like(a), db = empty_like(b);
    each_lane(a, b, [&](const Lanes& lanes, std::size_t lane, Cosine<Real> cosine) {
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        cosine.da[k] *= dy.data()[lane];
        cosine.db[k] *= dy.data()[lane];
      }
      scatter(cosine.da, lanes, lane, da);
      scatter(cosine.db, lanes, lane, db);
    });
    return pack<Real>(std::move(da), std::move(db));
  }

 private:
  template <class Real, class F>
  void each_lane(const TensorOf<Real>& a, const TensorOf<Real>& b, F f) const {
    const Lanes lanes(a, axis_of("cosine_similarity", axis, a.dimension()));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      f(lanes, lane, Cosine<Real>(gathered(a, lanes, lane), gathered(b, lanes, lane), Real(eps)));
    }
  }
};

/// L = (1/N) Σ_n l_n, l = 1 − c where t = 1, max(0, c − margin) where t = −1, with
/// c = a·b / √((Σ a² + 1e-12)(Σ b² + 1e-12)); the sum alone for "sum", the l_n for "none".
/// Shapes: a and b (N, D) or (D), t (N) or (), of 1 and −1; L ().
/// Gradients: −dL ∂c/∂a / N where t = 1, dL ∂c/∂a / N where t = −1 and c > margin, else 0. t is
/// held constant. Kink at c = margin where t = −1. Sites: the rows, pieces 0 (not active) and 1.
/// Throws ShapeError if they do not fit, ValueError where t is neither 1 nor −1.
struct CosineEmbedding {
  static constexpr std::size_t arity = 3;
  double margin;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot != 2; }
  Shape shape(const Shape& a, const Shape& b, const Shape& t) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& t) const {
    return forward_along(active(a, b, t), a, b, t);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& t, const TensorOf<Real>&) const {
    const Branches pieces = active(a, b, t);
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, t.size()));
    TensorOf<Real> da = zeros<Real>(shape_of(a)), db = zeros<Real>(shape_of(b));
    const Lanes lanes(a, a.dimension() - 1);
    for (std::size_t n = 0; n < t.size(); ++n) {
      const Cosine<Real> c = cosine(a, b, n);
      const Real weight = pieces[n] == 0 ? Real(0) : -t.data()[n] * upstream[n];
      for (std::size_t k = 0; k < lanes.extent; ++k) {
        da.data()[n * lanes.extent + k] = weight * c.da[k];
        db.data()[n * lanes.extent + k] = weight * c.db[k];
      }
    }
    return pack<Real>(std::move(da), std::move(db), zeros<Real>(shape_of(t)));
  }

  Branches branches(const Tensor& a, const Tensor& b, const Tensor& t) const {
    return active(a, b, t);
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& a,
                               const TensorOf<Real>& b, const TensorOf<Real>& t) const {
    TensorOf<Real> terms = empty_like(t);
    for (std::size_t n = 0; n < t.size(); ++n) {
      const Real c = cosine(a, b, n).value;
      terms.data()[n] = t.data()[n] == 1 ? 1 - c : pieces[n] == 1 ? c - Real(margin) : Real(0);
    }
    return reduced(std::move(terms), reduction, divisor<Real>(reduction, t.size()));
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  template <class Real>
  static Cosine<Real> cosine(const TensorOf<Real>& a, const TensorOf<Real>& b, std::size_t n) {
    constexpr double added = 1e-12;
    const Lanes lanes(a, a.dimension() - 1);
    return Cosine<Real>(gathered(a, lanes, n), gathered(b, lanes, n), Real(0), Real(added));
  }
  template <class Real>
  Branches active(const TensorOf<Real>& a, const TensorOf<Real>& b, const TensorOf<Real>& t) const {
    Branches pieces(t.size());
    for (std::size_t n = 0; n < t.size(); ++n) {
      require_sign(shape_of(t), n, static_cast<double>(t.data()[n]));
      pieces[n] = t.data()[n] == 1 || !(cosine(a, b, n).value <= Real(margin)) ? 1 : 0;
    }
    return pieces;
  }
  static void require_sign(const Shape& t, std::size_t n, double value);
};

/// L = (1/N) Σ_n max(0, |a − p|_q − |a − n|_q + m), m = margin, with |v|_q = (Σ |v + ε|^q)^{1/q};
/// with `swap` the smaller of |a − n| and |p − n| stands in place of the former; the sum alone for
/// "sum", the terms for "none".
/// Shapes: a (anchor), p (positive) and n (negative) (N, D) or (D); L ().
/// Gradients: of each active term, sign(v + ε) (|v + ε| / |v|_q)^{q−1} and its negative to what v
/// is the difference of. Kinks where a term is 0 and, with `swap`, where both distances are equal.
/// Sites: the rows, piece 0 (not active), 1 (with |a − n|), 2 (with |p − n|). Throws ShapeError if
/// the three shapes differ. Source: V. Balntas et al., "Learning local feature descriptors with
/// triplets and shallow convolutional neural networks", BMVC (2016).
struct TripletMargin {
  static constexpr std::size_t arity = 3;
  double margin, p, eps;
  bool swap;
  Reduction reduction;

  Shape shape(const Shape& anchor, const Shape& positive, const Shape& negative) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& c) const {
    return forward_along(active(a, b, c), a, b, c);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& c, const TensorOf<Real>&) const {
    const Branches pieces = active(a, b, c);
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, pieces.size()));
    Tensors<Real> dx(3, zeros<Real>(shape_of(a)));
    for (std::size_t n = 0; n < pieces.size(); ++n) {
      if (pieces[n] != 0) {
        add_slope(a, b, n, upstream[n], dx[0], dx[1]);
        add_slope(pieces[n] == 1 ? a : b, c, n, -upstream[n], dx[pieces[n] == 1 ? 0 : 1], dx[2]);
      }
    }
    return dx;
  }

  Branches branches(const Tensor& a, const Tensor& b, const Tensor& c) const {
    return active(a, b, c);
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& a,
                               const TensorOf<Real>& b, const TensorOf<Real>& c) const {
    TensorOf<Real> terms = empty<Real>(Shape(a.shape().begin(), a.shape().end() - 1));
    for (std::size_t n = 0; n < pieces.size(); ++n) {
      const Real far = pieces[n] == 0 ? Real(0) : distance(pieces[n] == 1 ? a : b, c, n);
      terms.data()[n] = pieces[n] == 0 ? Real(0) : distance(a, b, n) - far + Real(margin);
    }
    return reduced(std::move(terms), reduction, divisor<Real>(reduction, pieces.size()));
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// |u − v|_q of row n.
  template <class Real>
  Real distance(const TensorOf<Real>& u, const TensorOf<Real>& v, std::size_t n) const {
    const std::size_t d = u.shape().back();
    AccurateSum<Real> sum;
    for (std::size_t i = n * d; i < (n + 1) * d; ++i) {
      sum.add(std::pow(std::abs(u.data()[i] - v.data()[i] + Real(eps)), Real(p)));
    }
    return std::pow(sum.value(), 1 / Real(p));
  }
  /// weight ∂|u − v|/∂u, added to du and taken from dv.
  template <class Real>
  void add_slope(const TensorOf<Real>& u, const TensorOf<Real>& v, std::size_t n, Real weight,
                 TensorOf<Real>& du, TensorOf<Real>& dv) const {
    const std::size_t d = u.shape().back();
    const Real norm = distance(u, v, n);
    for (std::size_t i = n * d; i < (n + 1) * d; ++i) {
      const Real difference = u.data()[i] - v.data()[i] + Real(eps);
      const Real size = norm == 0 ? Real(0) : std::pow(std::abs(difference) / norm, Real(p) - 1);
      du.data()[i] += weight * std::copysign(size, difference);
      dv.data()[i] -= weight * std::copysign(size, difference);
    }
  }
  template <class Real>
  Branches active(const TensorOf<Real>& a, const TensorOf<Real>& b, const TensorOf<Real>& c) const {
    Branches pieces(a.size() / a.shape().back());
    for (std::size_t n = 0; n < pieces.size(); ++n) {
      const Real to_a = distance(a, c, n), to_b = swap ? distance(b, c, n) : to_a;
      const bool counts = !(distance(a, b, n) - std::min(to_a, to_b) + Real(margin) <= 0);
      pieces[n] = !counts ? 0 : to_b < to_a ? 2 : 1;
    }
    return pieces;
  }
};

/// cosine_similarity cosine_embedding triplet_margin
void add_metric_losses(LayerLibrary& library);

}  // namespace gradcheck
