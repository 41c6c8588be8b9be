#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gradcheck/network/network.hpp>
#include <gradcheck/numeric/point.hpp>

namespace gradcheck {

/// How far rounding may have moved a tensor, seen from its value in a better precision.
Tensor rounding_of(const Tensor& value, const LongTensor& precise);

/// The analytic side at one point: d(Σ upstream · target)/d(value) for every value, and how far
/// rounding may have moved each entry. The latter is measured: backward runs in long double as
/// well, and twice more with every gradient on its way disturbed a little, which shows what cancels
/// (see rounding_widths for the forward side).
struct Gradients {
  Tensor upstream;
  Values<double> values;
  Values<double> rounding;
  Values<double> disturbed;  ///< the part of `rounding` that comes from disturbing backward
};
Gradients analytic_gradients(const Network& network, const Point& point, ValueId target,
                             Tensor upstream, std::uint64_t seed);

/// An upstream for a target of that shape: 1 for a single number; otherwise random, signed, between
/// ½ and 1 in size, so that nothing cancels or hides.
Tensor upstream_for(const Shape& shape, std::uint64_t seed);

/// d(to)/d(from), row by row: shape of `to`, then shape of `from`. Throws ShapeError where it is
/// too large.
struct AnalyticJacobian {
  Tensor value;
  Tensor rounding;
};
AnalyticJacobian analytic_jacobian(const Network& network, const Point& point, ValueId to,
                                   ValueId from, std::uint64_t seed);

/// Backward must be linear in its upstream: with the upstream times −3 and times 100, every
/// gradient is too. Returns what is wrong with each value's gradient; empty where nothing is.
std::vector<std::string> nonlinear_values(const Network& network, const Point& point,
                                          const Gradients& gradients);

}  // namespace gradcheck
