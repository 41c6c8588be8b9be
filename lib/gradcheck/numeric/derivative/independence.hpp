#pragma once

#include <vector>

#include <gradcheck/numeric/derivative/line.hpp>

namespace gradcheck {

/// Which outputs depend on the inputs that move, by output and entry.
struct Reach {
  /// False if it stays the same to the bit at large displacements.
  std::vector<std::vector<bool>> seen;
  /// What its derivative may be even so: a change that is less than its rounding there.
  std::vector<std::vector<long double>> absorbed;
};

/// `size` is the displacement of the inputs' own size. Counts its evaluations.
Reach reach(const Line& line, long double size, int& evaluations);

}  // namespace gradcheck
