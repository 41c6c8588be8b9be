#pragma once

#include <span>

namespace gradcheck {

/// Elementary functions of many numbers at once, y[i] = f(x[i]); x and y have one size and may be
/// the same numbers. A number's result does not depend on where it stands or on its neighbours.
/// In double they are vectorised where the processor takes four numbers or more at a time, and
/// within two units of the last place; otherwise, and in other types, they are those of <cmath>.

/// eˣ
template <class Real>
void exp_each(std::span<const Real> x, std::span<Real> y);

/// ln(1 + x)
template <class Real>
void log1p_each(std::span<const Real> x, std::span<Real> y);

/// tanh x
template <class Real>
void tanh_each(std::span<const Real> x, std::span<Real> y);

/// σ(x) = 1 / (1 + e⁻ˣ), or e^x / (1 + e^x) below 0: no exponential overflows.
template <class Real>
void logistic_each(std::span<const Real> x, std::span<Real> y);

}  // namespace gradcheck
