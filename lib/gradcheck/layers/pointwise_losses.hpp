#pragma once

#include <cmath>
#include <numbers>
#include <string_view>

#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

/// Losses with a term for each pair of entries of y and t:
///
///   L = (1/n) Σ f(y, t)
///
/// over the n entries; the sum alone for `sum`, divided by the first extent for `batchmean`, all
/// terms as they are for `none`.
/// Gradients: dy = dL ∂f/∂y / n, and so for t, unless F holds it constant.
/// Shapes: y and t of one shape, L () or, for `none`, of that shape.
/// Throws ShapeError if the shapes of y and t differ, or there is nothing to take the mean of.
///
/// F has `name`, `piece(y, t)`, `term(p, y, t)`, `slope_y(p, y, t)` and `slope_t(p, y, t)`, smooth
/// on each piece p; a smooth F has one piece. `tie_width(y, t, width of y, width of t)` tells how
/// near to a kink counts as on it: less than 0 where nothing is a tie; `distance(y, t)` how far it
/// is. With `mean_over_rows` n is how many rows there are.
template <class F>
struct PointwiseLoss {
  static constexpr std::size_t arity = 2;
  F f;
  Reduction reduction;

  bool differentiable(std::size_t slot) const { return slot == 0 || !F::holds_target; }
  Shape shape(const Shape& y, const Shape& t) const {
    require_same_shape(F::name, "t", t, "y", y);
    if (reduction == Reduction::mean) {
      require_entries(F::name, "y", y);
    }
    return reduction == Reduction::none ? y : Shape{};
  }
  Structure structure(std::span<const Shape> x) const {
    return reduction == Reduction::none
               ? Structure{.kind = Structure::Kind::elementwise}
               : Structure{.kind = Structure::Kind::terms, .divisor = divisor_for<double>(x[0])};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    return forward_along(pieces_at(y, t), y, t);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& y, const TensorOf<Real>& t,
                         const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor_for<Real>(shape_of(y)));
    TensorOf<Real> dy = empty_like(y), dt = empty_like(t);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real u = y.data()[i], v = t.data()[i];
      const std::int32_t p = f.piece(u, v);
      dy.data()[i] = upstream[i] * f.slope_y(p, u, v);
      dt.data()[i] = F::holds_target ? Real(0) : upstream[i] * f.slope_t(p, u, v);
    }
    return pack<Real>(std::move(dy), std::move(dt));
  }

  bool kinked() const { return f.kinked(); }
  Branches branches(const Tensor& y, const Tensor& t) const { return pieces_at(y, t); }
  template <class Real>
  TensorOf<Real> terms_along(const Branches& pieces, const TensorOf<Real>& y,
                             const TensorOf<Real>& t) const {
    TensorOf<Real> terms = empty_like(y);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real u = y.data()[i], v = t.data()[i];
      terms.data()[i] = f.term(kinked() ? pieces[i] : f.piece(u, v), u, v);
    }
    return terms;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& y,
                               const TensorOf<Real>& t) const {
    return reduced(terms_along(pieces, y, t), reduction, divisor_for<Real>(shape_of(y)));
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const {
    std::vector<Tie> found;
    for (std::size_t i = 0; kinked() && i < x[0]->size(); ++i) {
      const double u = x[0]->data()[i], v = x[1]->data()[i];
      if (f.distance(u, v) <= f.tie_width(u, v, widths[0]->data()[i], widths[1]->data()[i])) {
        found.push_back({i, {0, 1}, {{0, i}, {1, i}}});
      }
    }
    return found;
  }

 private:
  template <class Real>
  Real divisor_for(const Shape& y) const {
    const std::size_t rows = y.empty() ? 1 : y[0];
    return reduction == Reduction::batchmean ? Real(std::max<std::size_t>(rows, 1))
                                             : divisor<Real>(reduction, counted(y));
  }
  static std::size_t counted(const Shape& y) {
    if constexpr (requires { requires F::mean_over_rows; }) {
      return rows_of(y);
    } else {
      return entries_of(y);
    }
  }
  template <class Real>
  Branches pieces_at(const TensorOf<Real>& y, const TensorOf<Real>& t) const {
    Branches pieces(kinked() ? y.size() : 0);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      pieces[i] = f.piece(y.data()[i], t.data()[i]);
    }
    return pieces;
  }
};

/// What a smooth loss has in common: one piece, no ties.
struct SmoothTerm {
  static constexpr bool holds_target = false;
  bool kinked() const { return false; }
  template <class Real>
  std::int32_t piece(Real, Real) const {
    return 0;
  }
  double distance(double, double) const { return 1; }
  double tie_width(double, double, double, double) const { return -1; }
};

/// f = ½ d² / s where |d| ≤ c, else c (|d| − ½ c) / s, with d = y − t: huber with c = δ, s = 1,
/// smooth_l1 with c = s = β, and |d| for β = 0. ∂f/∂y = d / s or ±c / s, ∂f/∂t = −∂f/∂y.
/// f'' jumps at |d| = c; for β = 0 there is a kink at d = 0, pieces 0 (−) and 1 (+).
/// Source: P. J. Huber, Annals of Mathematical Statistics 35 (1964) 73-101.
template <bool divided>
struct HuberTerm {
  static constexpr std::string_view name = divided ? "smooth_l1" : "huber";
  static constexpr bool holds_target = false;
  double corner;

  bool kinked() const { return true; }
  template <class Real>
  std::int32_t piece(Real y, Real t) const {
    const Real d = y - t;
    return corner == 0         ? (std::signbit(d) ? 0 : 1)
           : d < -Real(corner) ? 0
           : d > Real(corner)  ? 1
                               : 2;
  }
  template <class Real>
  Real term(std::int32_t piece, Real y, Real t) const {
    const Real d = y - t;
    const Real tail = scale<Real>() * ((piece == 0 ? -d : d) - Real(corner) / 2);
    return piece == 2 ? (divided ? d * d / Real(corner) : d * d) / 2 : tail;
  }
  template <class Real>
  Real slope_y(std::int32_t piece, Real y, Real t) const {
    const Real d = y - t;
    return piece == 2              ? (divided ? d / Real(corner) : d)
           : corner == 0 && d == 0 ? Real(0)
           : piece == 0            ? -scale<Real>()
                                   : scale<Real>();
  }
  template <class Real>
  Real slope_t(std::int32_t piece, Real y, Real t) const {
    return -slope_y(piece, y, t);
  }
  double distance(double y, double t) const { return std::abs(y - t); }
  double tie_width(double, double, double width_y, double width_t) const {
    return corner == 0 ? width_y + width_t : -1;
  }

 private:
  template <class Real>
  Real scale() const {
    return divided ? Real(1) : Real(corner);
  }
};

/// f = t (ln t − x) with x = ln q, 0 where t = 0; with `log_target`, where t holds logarithms too,
/// f = eᵗ (t − x). ∂f/∂x = −t, ∂f/∂t = ln t + 1 − x (0 where t = 0); or −eᵗ, eᵗ (t − x + 1).
struct KullbackLeiblerTerm : SmoothTerm {
  static constexpr std::string_view name = "kl_divergence";
  bool log_target;

  explicit KullbackLeiblerTerm(bool logarithms) : log_target(logarithms) {}
  template <class Real>
  Real term(std::int32_t, Real x, Real t) const {
    return log_target ? std::exp(t) * (t - x) : t == 0 ? Real(0) : t * (std::log(t) - x);
  }
  template <class Real>
  Real slope_y(std::int32_t, Real, Real t) const {
    return log_target ? -std::exp(t) : -t;
  }
  template <class Real>
  Real slope_t(std::int32_t, Real x, Real t) const {
    return log_target ? std::exp(t) * (t - x + 1) : t == 0 ? Real(0) : std::log(t) + 1 - x;
  }
};

/// f = max(0, m − t y) with t = ±1 and m = margin; ∂f/∂y = −t and ∂f/∂t = −y where m − t y > 0,
/// else 0. Kink at t y = m, pieces 0 (not active) and 1.
struct HingeTerm {
  static constexpr std::string_view name = "hinge";
  static constexpr bool holds_target = false;
  double margin;

  bool kinked() const { return true; }
  template <class Real>
  std::int32_t piece(Real y, Real t) const {
    return Real(margin) - t * y <= 0 ? 0 : 1;
  }
  template <class Real>
  Real term(std::int32_t piece, Real y, Real t) const {
    return piece == 1 ? Real(margin) - t * y : Real(0);
  }
  template <class Real>
  Real slope_y(std::int32_t piece, Real, Real t) const {
    return piece == 1 ? -t : Real(0);
  }
  template <class Real>
  Real slope_t(std::int32_t piece, Real y, Real) const {
    return piece == 1 ? -y : Real(0);
  }
  double distance(double y, double t) const { return std::abs(margin - t * y); }
  double tie_width(double y, double t, double width_y, double width_t) const {
    return std::abs(t) * width_y + std::abs(y) * width_t;
  }
};

/// f = eˣ − t x; without `log_input`, where x is the rate itself, f = x − t ln(x + ε); with `full`,
/// t ln t − t + ½ ln(2π t) more where t > 1 (Stirling). ∂f/∂x = eˣ − t, or 1 − t / (x + ε).
/// t counts something, and is held constant.
struct PoissonTerm : SmoothTerm {
  static constexpr std::string_view name = "poisson_nll";
  static constexpr bool holds_target = true;
  bool log_input, full;
  double eps;

  PoissonTerm(bool logarithms, bool with_stirling, double epsilon)
      : log_input(logarithms), full(with_stirling), eps(epsilon) {}
  template <class Real>
  Real term(std::int32_t, Real x, Real t) const {
    const Real base = log_input ? std::exp(x) - t * x : x - t * std::log(x + Real(eps));
    const Real stirling = full && t > 1
                              ? t * std::log(t) - t + std::log(2 * std::numbers::pi_v<Real> * t) / 2
                              : Real(0);
    return base + stirling;
  }
  template <class Real>
  Real slope_y(std::int32_t, Real x, Real t) const {
    return log_input ? std::exp(x) - t : 1 - t / (x + Real(eps));
  }
  template <class Real>
  Real slope_t(std::int32_t, Real, Real) const {
    return Real(0);
  }
};

/// f = a q^γ ln(1 + e^{−m}), m = (2t − 1) z, q = σ(−m) = 1 − the probability of the label, and
/// a = α where t = 1, else 1 − α (1 for α < 0); ∂f/∂z = −(2t − 1) a q^γ (γ (1 − q) ln(1 + e^{−m}) +
/// q). t holds 0 or 1, and is held constant.
/// Source: T.-Y. Lin et al., arXiv:1708.02002, equation (5), and torchvision's sigmoid_focal_loss.
struct FocalTerm : SmoothTerm {
  static constexpr std::string_view name = "focal";
  static constexpr bool holds_target = true;
  double alpha, gamma;

  FocalTerm(double weight, double exponent) : alpha(weight), gamma(exponent) {}
  template <class Real>
  Real term(std::int32_t, Real z, Real t) const {
    const Real m = margin(z, t);
    return weight(t) * std::pow(logistic(-m), Real(gamma)) * log1p_exp(-m);
  }
  template <class Real>
  Real slope_y(std::int32_t, Real z, Real t) const {
    const Real m = margin(z, t);
    const Real q = logistic(-m);
    const Real inside = Real(gamma) * logistic(m) * log1p_exp(-m) + q;
    return -(2 * t - 1) * weight(t) * std::pow(q, Real(gamma)) * inside;
  }
  template <class Real>
  Real slope_t(std::int32_t, Real, Real) const {
    return Real(0);
  }

 private:
  template <class Real>
  static Real margin(Real z, Real t) {
    if (t != 0 && t != 1) {
      throw_value(name, "t", number_text(static_cast<double>(t)), "0 or 1");
    }
    return (2 * t - 1) * z;
  }
  template <class Real>
  Real weight(Real t) const {
    return alpha < 0 ? Real(1) : t == 1 ? Real(alpha) : 1 - Real(alpha);
  }
};

/// huber smooth_l1 kl_divergence hinge poisson_nll focal
void add_pointwise_losses(LayerLibrary& library);

}  // namespace gradcheck
