#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/layers/targets.hpp>

namespace gradcheck {

/// Losses between scores and classes.

/// L = (1/N) Σ_n Σ_j −t_nj ln softmax(z_n)_j over the N rows; the sum alone with reduction="sum",
/// the terms of the rows with "none".
/// Shapes: z (N, C), t (N) class indices or (N, C) one-hot or probabilities, L () or (N); z may
/// have more leading axes, all of them rows; z (C) is one row, with t (), (1) or (C). A t of z's
/// own shape is never read as indices; its rows need not sum to 1. Gradient, with p = softmax(z):
/// dz = dL ((Σ_k t_nk) p_nj − t_nj) / N, computed as dL (p_nj Σ_{k≠j} t_nk − t_nj Σ_{k≠j} p_nk) /
/// N, which keeps its digits where p is near t. t is held constant, labels and probabilities alike.
/// Throws ShapeError if z and t do not fit together, ValueError for a label that is no class.
struct SoftmaxCrossEntropy {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(const Shape& z, const Shape& t) const;
  Structure structure(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& z, const TensorOf<Real>& t) const {
    const std::size_t classes = z.shape().back();
    const LogSumExps<Real> sums(z, classes);
    TensorOf<Real> terms = TensorOf<Real>::from_shape({z.size() / classes});
    if (t.shape() != z.shape()) {
      for (std::size_t n = 0; n < terms.size(); ++n) {
        const std::size_t label = label_at("softmax_cross_entropy", t, n, classes);
        terms.data()[n] = -sums.log_probability(n, z.data()[n * classes + label]);
      }
      return terms;
    }
    for (std::size_t n = 0; n < terms.size(); ++n) {
      AccurateSum<Real> term;
      for (std::size_t i = n * classes; i < (n + 1) * classes; ++i) {
        if (t.data()[i] != 0) {  // 0 · −ln 0 counts as 0
          term.add(-t.data()[i] * sums.log_probability(n, z.data()[i]));
        }
      }
      terms.data()[n] = term.value();
    }
    return terms;
  }
  /// Where z_nj alone moves by δ, with d_n the change of ln Σ_k e^{z_nk}: d_n Σ_{k≠j} t_nk +
  /// t_nj (d_n − δ).
  void change_terms(const Tensor& z, const Tensor& t, std::span<const std::uint32_t> entries,
                    const Tensor& moved, std::span<double> changes) const;
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& z, const TensorOf<Real>& t) const {
    return reduced(reshaped(terms(z, t), row_axes(shape_of(z))), reduction,
                   divisor<Real>(reduction, rows_of(shape_of(z))));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& z, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const std::size_t classes = z.shape().back();
    const std::size_t rows = z.size() / classes;
    const TensorOf<Real> weights = class_weights("softmax_cross_entropy", shape_of(z), t);
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, rows));
    const LogSumExps<Real> sums(z, classes);
    TensorOf<Real> dz = empty_like(z);
    for (std::size_t n = 0; n < rows; ++n) {
      std::vector<Real> p(classes);
      for (std::size_t j = 0; j < classes; ++j) {
        p[j] = sums.probability(n, j);
      }
      const std::span<const Real> w = entries(weights).subspan(n * classes, classes);
      const std::vector<Real> other_p = sums_of_others<Real>(p);
      const std::vector<Real> other_w = sums_of_others<Real>(w);
      for (std::size_t j = 0; j < classes; ++j) {
        dz.data()[n * classes + j] = upstream[n] * (p[j] * other_w[j] - w[j] * other_p[j]);
      }
    }
    return pack<Real>(std::move(dz), zeros<Real>(shape_of(t)));
  }
};

/// L = (1/n) Σ −(t ln p + (1 − t) ln(1 − p)) over the n entries; the sum alone with
/// reduction="sum", the terms with "none". A p of exactly 0 or 1 with another t is an infinite
/// loss: nothing is clamped (PyTorch stops at 100). Shapes: p and t of one shape, L (). Gradients:
/// dp = dL (p − t) / (p (1 − p)) / n, dt = dL (ln(1 − p) − ln p) / n. Throws ShapeError if the
/// shapes of p and t differ, ValueError where p is outside of [0, 1].
struct BinaryCrossEntropy {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  Shape shape(const Shape& p, const Shape& t) const;
  Structure structure(std::span<const Shape> x) const {
    return terms_structure(reduction, entries_of(x[0]));
  }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& p, const TensorOf<Real>& t) const {
    require_probabilities("binary_cross_entropy", p);
    return map2(p, t, [](Real q, Real v) { return term(q, v); });
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& p, const TensorOf<Real>& t) const {
    return reduced(terms(p, t), reduction, divisor<Real>(reduction, p.size()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& p, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, p.size()));
    TensorOf<Real> dp = empty_like(p), dt = empty_like(t);
    for (std::size_t i = 0; i < p.size(); ++i) {
      dp.data()[i] = upstream[i] * slope_p(p.data()[i], t.data()[i]);
      dt.data()[i] = -upstream[i] * log_odds(p.data()[i]);
    }
    return pack<Real>(std::move(dp), std::move(dt));
  }

 private:
  /// With sure labels only one logarithm counts; the other may be infinite, and 0 · ∞ is NaN.
  template <class Real>
  static Real term(Real p, Real t) {
    const Real hit = t == 0 ? Real(0) : -t * std::log(p);
    const Real miss = t == 1 ? Real(0) : -(1 - t) * std::log1p(-p);
    return hit + miss;
  }
  template <class Real>
  static Real slope_p(Real p, Real t) {
    return t == 0 ? 1 / (1 - p) : t == 1 ? -1 / p : (p - t) / (p * (1 - p));
  }
  /// ln(p / (1 − p)); near ½, where both logarithms are nearly equal, from p − ½, which is exact
  /// there.
  template <class Real>
  static Real log_odds(Real p) {
    const bool near_half = p > Real(0.25) && p < Real(0.75);
    return near_half ? std::log1p(2 * (p - Real(0.5)) / (1 - p)) : std::log(p) - std::log1p(-p);
  }
};

/// L = (1/n) Σ −(t ln σ(z) + (1 − t) ln σ(−z)) over the n entries, each term computed as
/// (1 − t) max(z, 0) + t max(−z, 0) + ln(1 + e^{−|z|}); the sum alone with reduction="sum", the
/// terms with "none".
/// Smooth: the kinks of the two maxima and of |z| cancel.
/// Shapes: z and t of one shape, L ().
/// Gradients: dz = dL (σ(z) − t) / n = dL ((1 − t) σ(z) − t σ(−z)) / n, dt = −dL z / n.
/// Throws ShapeError if the shapes of z and t differ.
struct BinaryCrossEntropyWithLogits {
  static constexpr std::size_t arity = 2;
  Reduction reduction;

  Shape shape(const Shape& z, const Shape& t) const;
  Structure structure(std::span<const Shape> x) const {
    return terms_structure(reduction, entries_of(x[0]));
  }

  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& z, const TensorOf<Real>& t) const {
    TensorOf<Real> terms = map(z, [](Real v) { return -std::abs(v); });
    exp_each<Real>(entries(std::as_const(terms)), entries(terms));
    log1p_each<Real>(entries(std::as_const(terms)), entries(terms));
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const Real v = z.data()[i], u = t.data()[i];
      terms.data()[i] += (v > 0 ? 1 - u : -u) * v;
    }
    return terms;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& z, const TensorOf<Real>& t) const {
    return reduced(terms(z, t), reduction, divisor<Real>(reduction, z.size()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& z, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, z.size()));
    TensorOf<Real> dz = empty_like(z), dt = empty_like(t);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real v = z.data()[i], u = t.data()[i];
      dz.data()[i] = upstream[i] * ((1 - u) * logistic(v) - u * logistic(-v));
      dt.data()[i] = -upstream[i] * v;
    }
    return pack<Real>(std::move(dz), std::move(dt));
  }
};

/// The same with weights of the positive answers: L = (1/n) Σ −(q t ln σ(z) + (1 − t) ln σ(−z)),
/// each term computed as (1 − t) max(z, 0) + q t max(−z, 0) + (1 − t + q t) ln(1 + e^{−|z|}).
/// Shapes: z and t of one shape, q broadcasts to it, L ().
/// Gradients: dz = dL ((1 − t) σ(z) − q t σ(−z)) / n, dt = dL ((q − 1) ln(1 + e^{−z}) − z) / n. q
/// is held constant. Throws ShapeError if the shapes of z and t differ, or q does not broadcast to
/// them.
struct WeightedCrossEntropyWithLogits {
  static constexpr std::size_t arity = 3;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot < 2; }
  Shape shape(const Shape& z, const Shape& t, const Shape& q) const;
  Structure structure(std::span<const Shape>) const {
    return reduction == Reduction::none ? Structure{.kind = Structure::Kind::elementwise}
                                        : Structure{};
  }
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& z, const TensorOf<Real>& t,
                         const TensorOf<Real>& q) const {
    const Stretched<Real> weights(q, z);
    TensorOf<Real> terms = empty_like(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real v = z.data()[i], hit = weights.data()[i] * t.data()[i], miss = 1 - t.data()[i];
      terms.data()[i] =
          (miss + hit) * std::log1p(std::exp(-std::abs(v))) + (v > 0 ? miss : -hit) * v;
    }
    return reduced(std::move(terms), reduction, divisor<Real>(reduction, z.size()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& z, const TensorOf<Real>& t,
                         const TensorOf<Real>& q, const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, z.size()));
    const Stretched<Real> weights(q, z);
    TensorOf<Real> dz = empty_like(z), dt = empty_like(t);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const Real v = z.data()[i], u = t.data()[i], w = weights.data()[i];
      dz.data()[i] = upstream[i] * ((1 - u) * logistic(v) - w * u * logistic(-v));
      dt.data()[i] = upstream[i] * ((w - 1) * log1p_exp(-v) - v);
    }
    return pack<Real>(std::move(dz), std::move(dt), zeros<Real>(shape_of(q)));
  }
};

/// L = (1/N) Σ_n Σ_{j≠t_n} max(0, s_nj − s_n,t_n + m) over the N rows, with m = margin; the sum
/// alone with reduction="sum", the terms of the rows with "none".
/// Shapes: s (N, C), t (N) class indices or (N, C) one-hot, L () or (N); s may have more leading
/// axes, all of them rows; s (C) is one row, with t (), (1) or (C). Gradient: for each active
/// margin (> 0), dL / N to s_nj and −dL / N to s_n,t_n; one at exactly 0 is not active. t is held
/// constant. Kinks where a margin is 0. Sites: the entries of s, pieces 0 (not active) and 1; a tie
/// where |margin| ≤ the widths of both scores and a rounding of each. Throws ShapeError if s and t
/// do not fit together, ValueError for a label that is no class. Source: J. Weston, C. Watkins,
/// "Support vector machines for multi-class pattern recognition", ESANN (1999).
struct MulticlassHinge {
  static constexpr std::size_t arity = 2;
  double margin;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(const Shape& s, const Shape& t) const;
  Structure structure(std::span<const Shape> x) const {
    return row_terms_structure(reduction, rows_of(x[0]));
  }
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& s, const TensorOf<Real>& t) const {
    return forward_along(active(s, t), s, t);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& s, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const std::size_t classes = s.shape().back();
    const std::vector<std::size_t> label = class_labels("multiclass_hinge", shape_of(s), t);
    const Branches pieces = active(s, t);
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, label.size()));
    TensorOf<Real> ds = zeros<Real>(shape_of(s));
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (pieces[i] == 1) {
        ds.data()[i] += upstream[i / classes];
        ds.data()[i / classes * classes + label[i / classes]] -= upstream[i / classes];
      }
    }
    return pack<Real>(std::move(ds), zeros<Real>(shape_of(t)));
  }

  Branches branches(const Tensor& s, const Tensor& t) const { return active(s, t); }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& s,
                               const TensorOf<Real>& t) const {
    return reduced(reshaped(terms_along(pieces, s, t), row_axes(shape_of(s))), reduction,
                   divisor<Real>(reduction, rows_of(shape_of(s))));
  }
  template <class Real>
  TensorOf<Real> terms_along(const Branches& pieces, const TensorOf<Real>& s,
                             const TensorOf<Real>& t) const {
    const std::size_t classes = s.shape().back();
    const std::vector<std::size_t> label = class_labels("multiclass_hinge", shape_of(s), t);
    TensorOf<Real> terms = empty<Real>({label.size()});
    for (std::size_t n = 0; n < label.size(); ++n) {
      AccurateSum<Real> term;
      for (std::size_t i = n * classes; i < (n + 1) * classes; ++i) {
        if (pieces[i] == 1) {
          term.add(margin_at(s, label, i));
        }
      }
      terms.data()[n] = term.value();
    }
    return terms;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// s_nj − s_n,t_n + m for the entry (n, j) of s.
  template <class Real>
  Real margin_at(const TensorOf<Real>& s, const std::vector<std::size_t>& label,
                 std::size_t i) const {
    const std::size_t classes = s.shape().back();
    return s.data()[i] - s.data()[i / classes * classes + label[i / classes]] + Real(margin);
  }

  /// 1 for the entries of s whose margin counts; NaN counts, so that it is seen.
  template <class Real>
  Branches active(const TensorOf<Real>& s, const TensorOf<Real>& t) const {
    const std::size_t classes = s.shape().back();
    const std::vector<std::size_t> label = class_labels("multiclass_hinge", shape_of(s), t);
    Branches pieces(s.size());
    for (std::size_t i = 0; i < s.size(); ++i) {
      const bool right_class = i % classes == label[i / classes];
      pieces[i] = right_class || margin_at(s, label, i) <= 0 ? 0 : 1;
    }
    return pieces;
  }
};

/// softmax_cross_entropy binary_cross_entropy binary_cross_entropy_with_logits multiclass_hinge
void add_classification_losses(LayerLibrary& library);

}  // namespace gradcheck
