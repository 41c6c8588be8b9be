#pragma once

#include <cmath>
#include <numbers>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/pointwise.hpp>
#include <gradcheck/tensor/elementary.hpp>

namespace gradcheck {

/// Activation functions: y = f(x), entry by entry; dx = dy ⊙ f'(x).

/// σ(x) = 1 / (1 + e⁻ˣ), written so that no exponential overflows.
template <class Real>
Real logistic(Real x) {
  if (x >= 0) {
    return 1 / (1 + std::exp(-x));
  }
  const Real e = std::exp(x);
  return e / (1 + e);
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^{−|x|}): nothing overflows.
template <class Real>
Real log1p_exp(Real x) {
  return std::max(x, Real(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// y = max(0, x); f' = 1 where x > 0, else 0 (so f'(0) = 0). Kink at 0.
struct Relu {
  static constexpr bool selects = true;

  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? x : Real(0);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return Real(piece);
  }
};

/// y = x where x > 0, else s x with s = negative_slope; f' = 1 or s, f'(0) = s.
/// Kink at 0 unless s = 1.
struct LeakyRelu {
  double negative_slope;
  bool kinked() const { return negative_slope != 1; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return slope(piece, x) * x;
  }
  template <class Real>
  Real slope(std::int32_t piece, Real) const {
    return piece == 1 ? Real(1) : Real(negative_slope);
  }
};

/// y = x where x > 0, else α (eˣ − 1); f' = 1 or α eˣ.
/// Kink at 0 unless α = 1; even then f'' jumps from 1 to 0 there.
/// Source: D.-A. Clevert, T. Unterthiner, S. Hochreiter, arXiv:1511.07289, equation (15).
struct Elu {
  double alpha;
  bool ties_at_corners() const { return alpha != 1; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? x : Real(alpha) * std::expm1(x);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    return piece == 1 ? Real(1) : Real(alpha) * std::exp(x);
  }
};

/// y = λ x where x > 0, else λ α (eˣ − 1); f' = λ or λ α eˣ.
/// Kink at 0.
/// Source: G. Klambauer et al., arXiv:1706.02515, equations (2) and (14), which gives λ and α for
/// zero mean and unit variance; more digits from the closed forms in its appendix.
struct Selu {
  static constexpr long double lambda = 1.0507009873554804934193349852946L;
  static constexpr long double alpha = 1.6732632423543772848170429916717L;
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? Real(lambda) * x : Real(lambda * alpha) * std::expm1(x);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    return piece == 1 ? Real(lambda) : Real(lambda * alpha) * std::exp(x);
  }
};

/// y = ln(1 + e^{βx}) / β = (max(βx, 0) + ln(1 + e^{−|βx|})) / β; f' = σ(βx).
/// Smooth everywhere: there is no threshold beyond which it would be x.
struct Softplus {
  double beta;
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] = -std::abs(Real(beta) * x[i]);
    }
    exp_each<Real>(y, y);
    log1p_each<Real>(y, y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] = (std::max(Real(beta) * x[i], Real(0)) + y[i]) / Real(beta);
    }
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return logistic(Real(beta) * x);
  }
};

/// y = σ(x) = 1 / (1 + e⁻ˣ); f' = y (1 − y), computed as y σ(−x), which keeps its digits where y
/// rounds to 1.
struct Sigmoid {
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    logistic_each(x, y);
  }
  template <class Real>
  Real slope(Real x, Real y) const {
    return y * logistic(-x);
  }
};

/// y = tanh x; f' = 1 − y² = 4 e^{−2|x|} / (1 + e^{−2|x|})², which keeps its digits where y²
/// rounds to 1.
struct Tanh {
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    tanh_each(x, y);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    const Real e = std::exp(-2 * std::abs(x));
    return 4 * e / ((1 + e) * (1 + e));
  }
};

/// y = x Φ(x), Φ(x) = ½ (1 + erf(x/√2)) = ½ erfc(−x/√2);
/// f' = Φ(x) + x φ(x), φ(x) = e^{−x²/2} / √(2π).
/// Source: D. Hendrycks, K. Gimpel, arXiv:1606.08415, section 2.
struct Gelu {
  static constexpr long double inv_sqrt_2 = 1 / std::numbers::sqrt2_v<long double>;
  static constexpr long double inv_sqrt_2pi = inv_sqrt_2 * std::numbers::inv_sqrtpi_v<long double>;
  template <class Real>
  Real value(Real x) const {
    return x * normal_cdf(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return normal_cdf(x) + x * Real(inv_sqrt_2pi) * std::exp(-x * x / 2);
  }

 private:
  template <class Real>
  static Real normal_cdf(Real x) {
    return std::erfc(-x * Real(inv_sqrt_2)) / 2;
  }
};

/// y = ½ x (1 + tanh u) = x σ(2u), u = √(2/π) (x + 0.044715 x³);
/// f' = σ(2u) + 2 x u' σ(2u) σ(−2u), u' = √(2/π) (1 + 3 · 0.044715 x²).
/// Source: D. Hendrycks, K. Gimpel, arXiv:1606.08415, section 2.
struct GeluTanh {
  static constexpr long double sqrt_2_over_pi =
      std::numbers::sqrt2_v<long double> * std::numbers::inv_sqrtpi_v<long double>;
  static constexpr long double cubic = 0.044715L;
  template <class Real>
  Real value(Real x) const {
    return x * logistic(2 * inner(x));
  }
  template <class Real>
  Real slope(Real x, Real) const {
    const Real u = inner(x);
    const Real du = Real(sqrt_2_over_pi) * (1 + 3 * Real(cubic) * x * x);
    const Real s = logistic(2 * u);
    const Real ds = s * logistic(-2 * u);
    return ds == 0 ? s : s + 2 * x * du * ds;  // x u' may be infinite where σ' is 0
  }

 private:
  template <class Real>
  static Real inner(Real x) {
    return Real(sqrt_2_over_pi) * (x + Real(cubic) * x * x * x);
  }
};

/// y = x σ(x); f' = σ(x) (1 + x σ(−x)).
struct Silu {
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    logistic_each(x, y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      y[i] *= x[i];
    }
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return logistic(x) * (1 + x * logistic(-x));
  }
};

/// y = x tanh(softplus(x)) = x (1 − 2 / (1 + (1 + eˣ)²)), softplus(x) = ln(1 + eˣ);
/// f' = tanh(s) + x σ(x) (1 − tanh² s), s = softplus(x).
/// Source: D. Misra, arXiv:1908.08681, section 3.
struct Mish {
  template <class Real>
  Real value(Real x) const {
    return x * std::tanh(log1p_exp(x));
  }
  template <class Real>
  Real slope(Real x, Real) const {
    const Real s = log1p_exp(x);
    return std::tanh(s) + x * logistic(x) * Tanh{}.slope(s, Real(0));
  }
};

/// y = ln σ(x) = min(x, 0) − ln(1 + e^{−|x|}); f' = σ(−x).
struct LogSigmoid {
  template <class Real>
  Real value(Real x) const {
    return -log1p_exp(-x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return logistic(-x);
  }
};

/// y = x − tanh x; f' = tanh² x. Near 0, where both terms are nearly equal, tanh x = x / (1 + q),
/// q = x² / (3 + x² / (5 + …)) (Lambert's continued fraction), so y = x q / (1 + q).
struct Tanhshrink {
  /// For |x| ≤ 1 the levels left out change q by less than 1e-24 of itself.
  static constexpr int levels = 12;
  template <class Real>
  Real value(Real x) const {
    if (!(std::abs(x) <= 1)) {
      return x - std::tanh(x);
    }
    Real q = 0;
    for (int k = levels; k >= 1; --k) {
      q = x * x / (Real(2 * k + 1) + q);
    }
    return x * q / (1 + q);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    const Real t = std::tanh(x);
    return t * t;
  }
};

/// y = x / (1 + |x|); f' = 1 / (1 + |x|)². f'' jumps from 2 to −2 at 0.
struct Softsign {
  bool ties_at_corners() const { return false; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return x / (piece == 1 ? 1 + x : 1 - x);
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    const Real d = piece == 1 ? 1 + x : 1 - x;
    return 1 / (d * d);
  }
};

/// y = x where x > 0, else α (e^{x/α} − 1); f' = 1 or e^{x/α}. f'' jumps at 0.
/// Source: J. T. Barron, arXiv:1704.07483, equation (2).
struct Celu {
  double alpha;
  bool ties_at_corners() const { return false; }
  template <class Real>
  std::int32_t piece(Real x) const {
    return x <= 0 ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? x : Real(alpha) * std::expm1(x / Real(alpha));
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    return piece == 1 ? Real(1) : std::exp(x / Real(alpha));
  }
};

/// relu leaky_relu elu selu softplus sigmoid tanh gelu silu mish log_sigmoid tanhshrink softsign
/// celu
void add_activation_layers(LayerLibrary& library);

}  // namespace gradcheck
