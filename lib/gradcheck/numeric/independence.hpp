#pragma once

#include <vector>

#include <gradcheck/numeric/line.hpp>

namespace gradcheck {

/// Whether an output depends on the inputs that move, by output and entry: not if it stays the same
/// to the bit at large displacements of them. `size` is the displacement of their own size. Counts
/// its evaluations.
std::vector<std::vector<bool>> depending(const Line& line, long double size, int& evaluations);

}  // namespace gradcheck
