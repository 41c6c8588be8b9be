#pragma once

#include <cmath>
#include <numbers>

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/loss.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

/// L = 1 − (2 Σ p t + s) / (Σ p + Σ t + s), s = smooth, over all entries.
/// Shapes: p and t of one shape, L ().
/// Gradients, with D = Σ p + Σ t + s and Q the quotient: dp = dL (Q − 2 t) / D, dt = dL (Q − 2 p) /
/// D. Throws ShapeError if the shapes of p and t differ. Source: F. Milletari, N. Navab, S.-A.
/// Ahmadi, arXiv:1606.04797, section 3, without the squares.
struct Dice {
  static constexpr std::size_t arity = 2;
  double smooth;

  Shape shape(const Shape& p, const Shape& t) const {
    require_same_shape("dice", "t", t, "p", p);
    return {};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& p, const TensorOf<Real>& t) const {
    const Sums<Real> sums = sums_of(p, t);
    return scalar(sums.apart / sums.all);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& p, const TensorOf<Real>& t,
                         const TensorOf<Real>& y) const {
    const Real weight = dL.data()[0] / sums_of(p, t).all;
    const Real quotient = 1 - y.data()[0];
    const auto slope = [&](Real other) { return weight * (quotient - 2 * other); };
    return pack<Real>(map(t, slope), map(p, slope));
  }

 private:
  template <class Real>
  struct Sums {
    Real apart;  ///< Σ p + Σ t − 2 Σ p t
    Real all;    ///< Σ p + Σ t + s
  };
  template <class Real>
  Sums<Real> sums_of(const TensorOf<Real>& p, const TensorOf<Real>& t) const {
    AccurateSum<Real> apart, all;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const Real u = p.data()[i], v = t.data()[i];
      apart.add(u * (1 - v));
      apart.add(v * (1 - u));
      all.add(u);
      all.add(v);
    }
    return {apart.value(), all.value() + Real(smooth)};
  }
};

/// L = (1/n) Σ ½ (ln v + (x − t)² / v) with v = max(var, ε), and ½ ln 2π more with `full`; the sum
/// alone for "sum", the terms for "none".
/// Shapes: x and t of one shape; var of that shape, or with extent 1 (or nothing) for its last
/// axis; L (). Gradients, with r = x − t: dx = dL r / v / n, dt = −dx, dvar = dL ½ (1 − r² / v) / v
/// / n summed over what var is repeated for, 0 where var < ε. Kink at var = ε. Sites: the entries
/// of x; pieces 0 (ε) and 1 (var). Throws ShapeError if they do not fit, ValueError where var is
/// negative.
struct GaussianNll {
  static constexpr std::size_t arity = 3;
  bool full;
  double eps;
  Reduction reduction;

  Shape shape(const Shape& x, const Shape& t, const Shape& var) const;
  Structure structure(std::span<const Shape> x) const {
    if (x[2] != x[0]) {
      return {};
    }
    return reduction == Reduction::none
               ? Structure{.kind = Structure::Kind::elementwise}
               : Structure{.kind = Structure::Kind::terms,
                           .divisor = divisor<double>(reduction, entries_of(x[0]))};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& t,
                         const TensorOf<Real>& var) const {
    return forward_along(pieces_at(x, var), x, t, var);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dL, const TensorOf<Real>& x, const TensorOf<Real>& t,
                         const TensorOf<Real>& var, const TensorOf<Real>&) const {
    const TermUpstream<Real> upstream(dL, reduction, divisor<Real>(reduction, x.size()));
    const Branches pieces = pieces_at(x, var);
    TensorOf<Real> dx = empty_like(x), dt = empty_like(t), dvar = zeros<Real>(shape_of(var));
    const std::size_t repeats = repeats_of(x, var);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Real v = pieces[i] == 0 ? Real(eps) : var.data()[i / repeats];
      const Real r = x.data()[i] - t.data()[i];
      dx.data()[i] = upstream[i] * r / v;
      dt.data()[i] = -dx.data()[i];
      dvar.data()[i / repeats] += pieces[i] == 0 ? Real(0) : upstream[i] * (1 - r * r / v) / v / 2;
    }
    return pack<Real>(std::move(dx), std::move(dt), std::move(dvar));
  }

  Branches branches(const Tensor& x, const Tensor&, const Tensor& var) const {
    return pieces_at(x, var);
  }
  template <class Real>
  TensorOf<Real> terms_along(const Branches& pieces, const TensorOf<Real>& x,
                             const TensorOf<Real>& t, const TensorOf<Real>& var) const {
    TensorOf<Real> terms = empty_like(x);
    const std::size_t repeats = repeats_of(x, var);
    const Real constant = full ? std::log(2 * std::numbers::pi_v<Real>) / 2 : Real(0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Real v = pieces[i] == 0 ? Real(eps) : var.data()[i / repeats];
      const Real r = x.data()[i] - t.data()[i];
      terms.data()[i] = (std::log(v) + r * r / v) / 2 + constant;
    }
    return terms;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x,
                               const TensorOf<Real>& t, const TensorOf<Real>& var) const {
    return reduced(terms_along(pieces, x, t, var), reduction, divisor<Real>(reduction, x.size()));
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  /// For how many entries of x an entry of var stands.
  template <class Real>
  static std::size_t repeats_of(const TensorOf<Real>& x, const TensorOf<Real>& var) {
    return var.size() == 0 ? 1 : x.size() / var.size();
  }
  template <class Real>
  Branches pieces_at(const TensorOf<Real>& x, const TensorOf<Real>& var) const {
    Branches pieces(x.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const Real v = var.data()[i / repeats_of(x, var)];
      if (v < 0) {
        throw_negative(static_cast<double>(v));
      }
      pieces[i] = v < Real(eps) ? 0 : 1;
    }
    return pieces;
  }
  [[noreturn]] static void throw_negative(double value);
};

/// dice gaussian_nll
void add_region_losses(LayerLibrary& library);

}  // namespace gradcheck
