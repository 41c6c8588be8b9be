#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

/// Losses of classes as PyTorch has them: the classes stand along axis 1 (0, if x has one axis).

/// L = Σ_n l_n / d, l_n = −Σ_c k_nc ln p_nc over the rows n (all axes but that of the classes),
/// p = softmax(x), or p = eˣ for nll_loss. With class indices t_n, weights w (1 without `weight`)
/// and smoothing s:
///
///   k_nc = (1 − s) w_c [c = t_n] + s w_c / C,   d = Σ_n w_{t_n} for "mean",
///
/// where a row whose t_n is `ignore_index` counts nowhere. With probabilities t of x's shape,
/// k_nc = w_c ((1 − s) t_nc + s / C) and d is the number of rows. d = 1 for "sum"; the l_n
/// themselves for "none".
/// Shapes: x (N, C, ...) or (C), t (N, ...) or () class indices, or x's shape; weight (C); L ().
/// Gradient: dx_nc = dL (p_nc Σ_j k_nj − k_nc) / d, as p_nc Σ_{j≠c} k_nj − k_nc Σ_{j≠c} p_nj, which
/// keeps its digits where p is near k; −dL k_nc / d for nll_loss. t and weight are held constant.
/// Throws ShapeError if they do not fit, ValueError for a label that is no class, and where the
/// mean is over rows that are all ignored.
struct ClassLoss {
  static constexpr std::size_t arity = variadic;
  std::string_view name;
  bool softmax;  ///< x are scores; else logarithms of probabilities
  Reduction reduction;
  long long ignore_index;
  double smoothing = 0;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(std::span<const Shape> x) const;
  Structure structure(std::span<const Shape> x) const;
  std::optional<Composition> composition(std::span<const Shape> x) const;
  /// d
  template <class Real>
  Real divisor_for(Inputs<Real> x) const;

  template <class Real>
  TensorOf<Real> terms(Inputs<Real> x) const {
    return reshaped(row_losses(x), {lanes_of(*x[0]).count()});
  }
  /// Where x_nc alone moves by δ, with d_n the change of ln Σ_j e^{x_nj}: d_n Σ_{j≠c} k_nj +
  /// k_nc (d_n − δ); −k_nc δ for nll_loss. For classes along the last axis.
  void change_terms(Inputs<double> x, std::span<const std::uint32_t> entries, const Tensor& moved,
                    std::span<double> changes) const;
  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return reduced(row_losses(x), reduction, divisor_for(x));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, Inputs<Real> x, const TensorOf<Real>&) const {
    const Lanes lanes = lanes_of(*x[0]);
    const TermUpstream<Real> upstream(dL, reduction, divisor_for(x));
    const LogSumExps<Real> sums(*x[0], lanes.extent, lanes.inner);
    Tensors<Real> dx;
    for (const TensorOf<Real>* each : x) {
      dx.push_back(zeros<Real>(shape_of(*each)));
    }
    for (std::size_t n = 0; n < lanes.count(); ++n) {
      std::vector<Real> slope = coefficients(x, lanes, n);
      const std::vector<Real> k = slope, other_k = sums_of_others<Real>(k);
      std::vector<Real> p(softmax ? lanes.extent : 0);
      for (std::size_t c = 0; c < p.size(); ++c) {
        p[c] = sums.probability(n, c);
      }
      const std::vector<Real> other_p = sums_of_others<Real>(p);
      for (std::size_t c = 0; c < lanes.extent; ++c) {
        slope[c] = upstream[n] * (softmax ? p[c] * other_k[c] - k[c] * other_p[c] : -k[c]);
      }
      scatter(slope, lanes, n, dx[0]);
    }
    return dx;
  }

 private:
  template <class Real>
  static Lanes lanes_of(const TensorOf<Real>& x) {
    return Lanes(x, x.dimension() == 1 ? 0 : 1);
  }
  template <class Real>
  static bool labelled(Inputs<Real> x) {
    return x[1]->dimension() != x[0]->dimension();
  }
  template <class Real>
  static Real weight_of(Inputs<Real> x, std::size_t c) {
    return x.size() > 2 ? x[2]->data()[c] : Real(1);
  }
  /// The class of row n; `none` if it is ignored.
  static constexpr std::size_t none = std::size_t(-1);
  template <class Real>
  std::size_t label(Inputs<Real> x, std::size_t classes, std::size_t n) const;

  /// k of row n.
  template <class Real>
  std::vector<Real> coefficients(Inputs<Real> x, const Lanes& lanes, std::size_t n) const {
    const std::size_t classes = lanes.extent;
    const Real hit = 1 - Real(smoothing), everywhere = Real(smoothing) / Real(classes);
    std::vector<Real> k(classes, Real(0));
    if (labelled(x)) {
      const std::size_t t = label(x, classes, n);
      for (std::size_t c = 0; c < classes && t != none; ++c) {
        k[c] = ((c == t ? hit : Real(0)) + everywhere) * weight_of(x, c);
      }
      return k;
    }
    k = gathered(*x[1], lanes, n);
    for (std::size_t c = 0; c < classes; ++c) {
      k[c] = (hit * k[c] + everywhere) * weight_of(x, c);
    }
    return k;
  }
  /// The loss of each row, in the shape of "none".
  template <class Real>
  TensorOf<Real> row_losses(Inputs<Real> x) const {
    const Lanes lanes = lanes_of(*x[0]);
    const LogSumExps<Real> sums(*x[0], lanes.extent, lanes.inner);
    TensorOf<Real> losses = empty<Real>(rows_shape(shape_of(*x[0])));
    for (std::size_t n = 0; n < lanes.count(); ++n) {
      const std::vector<Real> k = coefficients(x, lanes, n), row = gathered(*x[0], lanes, n);
      AccurateSum<Real> loss;
      for (std::size_t c = 0; c < k.size(); ++c) {
        if (k[c] != 0) {  // 0 · −ln 0 counts as 0
          loss.add(-k[c] * (softmax ? sums.log_probability(n, row[c]) : row[c]));
        }
      }
      losses.data()[n] = loss.value();
    }
    return losses;
  }
  static Shape rows_shape(const Shape& x);
};

/// L = (1/N) Σ_n (1/C) Σ_{j≠t_n} w_{t_n} max(0, m − x_{n,t_n} + x_nj)^p, m = margin, p = 1 or 2,
/// weights w; the sum alone for "sum", the terms of the rows for "none".
/// Shapes: x (N, C) or (C), t (N) or () class indices, weight (C), L ().
/// Gradient: for each active margin g = m − x_{n,t_n} + x_nj > 0: w p g^{p−1} / (C N) to x_nj, its
/// negative to x_{n,t_n}. t and weight are held constant.
/// Kinks where a margin is 0, for p = 1. Sites: the entries of x, pieces 0 (not active) and 1.
/// Throws ShapeError if they do not fit, ValueError for a label that is no class.
struct MultiMargin {
  static constexpr std::size_t arity = variadic;
  bool squared;
  double margin;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(std::span<const Shape> x) const;
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return forward_along(active(x), x);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, Inputs<Real> x, const TensorOf<Real>&) const {
    const std::size_t classes = x[0]->shape().back();
    const Branches pieces = active(x);
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, rows(x)));
    const Real exponent = squared ? 2 : 1;
    Tensors<Real> dx;
    for (const TensorOf<Real>* each : x) {
      dx.push_back(zeros<Real>(shape_of(*each)));
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i] == 1) {
        const std::size_t n = i / classes, t = label(x, n);
        const Real g = squared ? margin_at(x, i) : Real(1);
        const Real d = upstream[n] * factor(x, t) * exponent * g;
        dx[0].data()[i] += d;
        dx[0].data()[n * classes + t] -= d;
      }
    }
    return dx;
  }

  Branches branches(Inputs<double> x) const { return active(x); }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, Inputs<Real> x) const {
    const std::size_t classes = x[0]->shape().back();
    std::vector<AccurateSum<Real>> sums(rows(x));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i] == 1) {
        const Real g = margin_at(x, i);
        sums[i / classes].add((squared ? g * g : g) * factor(x, label(x, i / classes)));
      }
    }
    TensorOf<Real> terms = empty<Real>(Shape(x[0]->shape().begin(), x[0]->shape().end() - 1));
    for (std::size_t n = 0; n < sums.size(); ++n) {
      terms.data()[n] = sums[n].value();
    }
    return reduced(std::move(terms), reduction,
                   reduction == Reduction::mean ? Real(rows(x)) : Real(1));
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  template <class Real>
  static std::size_t rows(Inputs<Real> x) {
    return x[0]->size() / x[0]->shape().back();
  }
  template <class Real>
  std::size_t label(Inputs<Real> x, std::size_t n) const;
  /// w_t / C
  template <class Real>
  static Real factor(Inputs<Real> x, std::size_t t) {
    return (x.size() > 2 ? x[2]->data()[t] : Real(1)) / Real(x[0]->shape().back());
  }
  /// m − x_{n,t_n} + x_nj for the entry (n, j).
  template <class Real>
  Real margin_at(Inputs<Real> x, std::size_t i) const {
    const std::size_t classes = x[0]->shape().back(), n = i / classes;
    return Real(margin) - x[0]->data()[n * classes + label(x, n)] + x[0]->data()[i];
  }
  template <class Real>
  Branches active(Inputs<Real> x) const {
    const std::size_t classes = x[0]->shape().back();
    Branches pieces(x[0]->size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool own = i % classes == label(x, i / classes);
      pieces[i] = own || margin_at(x, i) <= 0 ? 0 : 1;
    }
    return pieces;
  }
};

/// cross_entropy nll_loss multi_margin
void add_class_losses(LayerLibrary& library);

}  // namespace gradcheck
