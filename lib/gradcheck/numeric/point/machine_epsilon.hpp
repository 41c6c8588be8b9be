#pragma once

#include <limits>

namespace gradcheck {

/// Spacing of the numbers just above 1 in the precision that the machine really calculates with:
/// measured, since under an emulator (valgrind) long double may be no better than double.
template <class Real>
Real machine_epsilon() {
  static const Real epsilon = [] {
    volatile Real candidate = 1;
    volatile Real sum = 2;
    Real result = 1;
    while (sum != Real(1)) {
      result = candidate;
      candidate = candidate / 2;
      sum = Real(1) + candidate;
    }
    return result;
  }();
  return epsilon;
}

/// The same of float: 2⁻²³.
inline constexpr double float32_epsilon = std::numeric_limits<float>::epsilon();

/// Whether long double calculates with more digits than double here.
inline bool long_double_helps() {
  return machine_epsilon<long double>() < machine_epsilon<double>();
}

}  // namespace gradcheck
