#pragma once

#include <array>
#include <cmath>
#include <string_view>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/pointwise.hpp>
#include <gradcheck/tensor/elementary.hpp>

namespace gradcheck {

/// Functions of each entry, and of pairs of entries under NumPy broadcasting.

/// y = a + b; da = dy, db = dy.
struct Add {
  static constexpr std::string_view name = "add";
  static constexpr std::array<double, 2> slopes{1, 1};
  template <class Real>
  static Real value(Real a, Real b) {
    return a + b;
  }
  template <class Real>
  static Real slope_a(Real, Real, Real) {
    return Real(1);
  }
  template <class Real>
  static Real slope_b(Real, Real, Real) {
    return Real(1);
  }
};

/// y = a − b; da = dy, db = −dy.
struct Subtract {
  static constexpr std::string_view name = "subtract";
  static constexpr std::array<double, 2> slopes{1, -1};
  template <class Real>
  static Real value(Real a, Real b) {
    return a - b;
  }
  template <class Real>
  static Real slope_a(Real, Real, Real) {
    return Real(1);
  }
  template <class Real>
  static Real slope_b(Real, Real, Real) {
    return Real(-1);
  }
};

/// y = a ⊙ b; da = dy ⊙ b, db = dy ⊙ a.
struct Multiply {
  static constexpr std::string_view name = "multiply";
  template <class Real>
  static Real value(Real a, Real b) {
    return a * b;
  }
  template <class Real>
  static Real slope_a(Real, Real b, Real) {
    return b;
  }
  template <class Real>
  static Real slope_b(Real a, Real, Real) {
    return a;
  }
};

/// y = a / b; da = dy / b, db = −dy ⊙ y / b. Infinite or NaN where b is 0.
struct Divide {
  static constexpr std::string_view name = "divide";
  template <class Real>
  static Real value(Real a, Real b) {
    return a / b;
  }
  template <class Real>
  static Real slope_a(Real, Real b, Real) {
    return Real(1) / b;
  }
  template <class Real>
  static Real slope_b(Real, Real b, Real y) {
    return -y / b;
  }
};

/// y = −x; dx = −dy.
struct Negate {
  template <class Real>
  Real value(Real x) const {
    return -x;
  }
  template <class Real>
  Real slope(Real, Real) const {
    return Real(-1);
  }
};

/// y = xᵖ for a constant p; dx = dy ⊙ p xᵖ⁻¹. NaN where x < 0 and p is not an integer.
struct Power {
  double exponent;
  template <class Real>
  Real value(Real x) const {
    return power(x, Real(exponent));
  }
  template <class Real>
  Real slope(Real x, Real) const {
    // x⁰ is 1 everywhere, its slope 0 even at x = 0, where 0 · x⁻¹ would be NaN.
    return exponent == 0 ? Real(0) : Real(exponent) * power(x, Real(exponent) - 1);
  }

 private:
  template <class Real>
  static Real power(Real x, Real p) {
    return p == 1 ? x : p == 2 ? x * x : std::pow(x, p);
  }
};

/// y = eˣ; dx = dy ⊙ y.
struct Exp {
  template <class Real>
  void values(std::span<const Real> x, std::span<Real> y) const {
    exp_each(x, y);
  }
  template <class Real>
  Real slope(Real, Real y) const {
    return y;
  }
};

/// y = ln x; dx = dy / x. NaN where x < 0.
struct Log {
  template <class Real>
  Real value(Real x) const {
    return std::log(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return Real(1) / x;
  }
};

/// y = √x; dx = dy / (2y). NaN where x < 0.
struct Sqrt {
  template <class Real>
  Real value(Real x) const {
    return std::sqrt(x);
  }
  template <class Real>
  Real slope(Real, Real y) const {
    return Real(1) / (2 * y);
  }
};

/// y = |x|; dx = dy ⊙ sign(x), with sign(0) = 0. Kink at 0: pieces −x and x.
struct Abs {
  template <class Real>
  std::int32_t piece(Real x) const {
    return std::signbit(x) ? 0 : 1;
  }
  template <class Real>
  Real value(std::int32_t piece, Real x) const {
    return piece == 1 ? x : -x;
  }
  template <class Real>
  Real slope(std::int32_t piece, Real x) const {
    return x == 0 ? Real(0) : Real(piece == 1 ? 1 : -1);
  }
};

/// y = x²; dx = dy ⊙ 2x.
struct Square {
  template <class Real>
  Real value(Real x) const {
    return x * x;
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return 2 * x;
  }
};

/// y = 1 / x; dx = −dy ⊙ y². Infinite at 0.
struct Reciprocal {
  template <class Real>
  Real value(Real x) const {
    return Real(1) / x;
  }
  template <class Real>
  Real slope(Real, Real y) const {
    return -y * y;
  }
};

/// y = sin x; dx = dy ⊙ cos x.
struct Sin {
  template <class Real>
  Real value(Real x) const {
    return std::sin(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return std::cos(x);
  }
};

/// y = cos x; dx = −dy ⊙ sin x.
struct Cos {
  template <class Real>
  Real value(Real x) const {
    return std::cos(x);
  }
  template <class Real>
  Real slope(Real x, Real) const {
    return -std::sin(x);
  }
};

/// xᵖ as the language's `x ** p` makes it.
LayerPtr make_power(double exponent);

/// add subtract multiply divide negate power exp log sqrt abs square reciprocal sin cos
void add_elementwise_layers(LayerLibrary& library);

}  // namespace gradcheck
