#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <gradcheck/numeric/derivative/extrapolate.hpp>

namespace gradcheck {

/// Where an entry is moved for its difference quotients, and what is made of them.
struct Stencil {
  /// One quotient: from the entry moved by `above` of the smallest steps, and by `below`; 0 is the
  /// point itself, which costs no probe.
  struct Pair {
    int above;
    int below;
    std::size_t probes() const { return below == 0 ? 1 : 2; }
  };

  std::vector<Pair> pairs;
  /// From the quotients, and the smallest step as a fraction of the entry's scale.
  Estimate (*derivative)(std::span<const Quotient>, double fraction);

  std::size_t probes() const {
    std::size_t count = 0;
    for (const Pair& pair : pairs) {
      count += pair.probes();
    }
    return count;
  }
};

/// Central quotients at steps that halve, extrapolated.
inline Stencil central_stencil(int steps) {
  Stencil stencil{{}, [](std::span<const Quotient> q, double) { return extrapolate(q, 2); }};
  for (int k = steps - 1; k >= 0; --k) {
    stencil.pairs.push_back({1 << k, -(1 << k)});
  }
  return stencil;
}

/// Three probes, at −h, h and 2h, beside the point itself. With q(s) = (f(s) − f(0)) / s, the
/// central quotient (q(h) + q(−h)) / 2 errs by c₂h² + O(h⁴), which
///   (2 q(2h) − 3 q(h) + q(−h)) / 6 = c₂h² + f⁗h³/12 + O(h⁴)
/// tells and takes away. The term in h³ is what is left; since the two may cancel, the truncation
/// also has what is left where f⁗ is at most 12 f″ on the entry's scale.
inline Stencil lopsided_stencil() {
  return {{{2, 0}, {-1, 0}, {1, 0}}, [](std::span<const Quotient> q, double fraction) {
            const long double error = (2 * q[0].slope - 3 * q[2].slope + q[1].slope) / 6;
            const long double central = (q[2].slope + q[1].slope) / 2;
            const long double bend = q[2].slope - q[1].slope;
            const long double left = fraction * fraction * std::abs(bend);
            // f counts with -2, -3, 6 and -1 sixths of 1/h: less than in q(h), √50/6 to √2.
            return Estimate{central - error, std::abs(error) + left, q[2].rounding};
          }};
}

}  // namespace gradcheck
