#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gradcheck/diagnose/observation.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck::seen {

/// Relative bound of the numeric sides made here.
inline constexpr double bound = 1e-10;

inline Observation of(Tensor analytic, Tensor numeric) {
  Observation seen{std::move(analytic), std::move(numeric), {}, {}, 1e-7};
  seen.bound = map(seen.numeric, [](double n) { return bound * std::abs(n) + 1e-14; });
  seen.rounding = zeros<double>(seen.shape());
  return seen;
}

/// A numeric gradient without equal entries or a zero.
inline Tensor gradient(const Shape& shape, std::uint64_t seed = 1) {
  return random_normal(shape, 0, 1, seed);
}

/// The analytic side is f(numeric), entry by entry.
template <class Function>
Observation through(const Tensor& numeric, Function f) {
  return of(map(numeric, f), numeric);
}

/// The same with one analytic entry moved by a millionth of itself: no pattern fits it any more.
inline Observation spoiled(Observation seen, std::size_t entry) {
  double& a = seen.analytic.data()[entry];
  a += a == 0 ? 1e-6 : 1e-6 * a;
  return seen;
}

}  // namespace gradcheck::seen
