#pragma once

#include <string>
#include <string_view>

#include <gradcheck/cases/case_file.hpp>

namespace gradcheck {

/// Numbers as LaTeX prints them: a matrix (pmatrix, bmatrix, Bmatrix, matrix, smallmatrix, array; `\left( \right)`
/// around it is fine) with a factor before it, or one number. Numbers are decimals or fractions (\frac, \dfrac, \tfrac,
/// a/b), with a sign. One column is a vector (n), one row a matrix (1, n), a single number a scalar.
/// The first character stands at `origin`. Throws LocatedError, whose text begins with `where`.
Written read_latex(std::string_view text, Position origin, const std::string& where);

}  // namespace gradcheck
