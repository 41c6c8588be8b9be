#pragma once

#include <optional>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Which entries of a layer's inputs each entry of its output depends on: facts about forward that
/// let the numeric side evaluate many probes at once. They are declared, and tested against forward
/// in every run; a layer that declares nothing is evaluated as it is, one probe at a time.
struct Structure {
  enum class Kind {
    /// Nothing is declared.
    unknown,
    /// Each entry of the output depends on the entries that NumPy broadcasting brings to its place.
    /// The sites of a kinked layer are the entries of the output.
    elementwise,
    /// y = a b or y = a b + c, of inputs (a, b) or (a, b, c): b a matrix or a vector, c a row.
    product,
    /// Each entry of the outputs is an entry of an input, in another place, or 0; of a kinked layer
    /// along its branches, and its sites are the entries of its output.
    selection,
    /// Row n of the output, along axis 0, depends on row n of the inputs in `rows`, and on the
    /// others. Any number of rows will do. The sites of a kinked layer are in the order of the
    /// rows.
    by_rows,
    /// A single number, Σ terms / divisor, with a term for each entry of the first input, which
    /// depends on that entry of each input. The sites of a kinked layer are the terms.
    terms,
    /// The same with a term for each row of the first input (the last axis makes a row). The sites
    /// of a kinked layer are in the order of the rows.
    row_terms,
  };
  Kind kind = Kind::unknown;
  std::vector<bool> rows = {};  ///< by_rows: an input each
  double divisor = 1;           ///< terms, row_terms
  /// Where dy/dx of each input is constant: of an elementwise layer that number; of one with `kept`
  /// the number with which it counts in the sum.
  std::vector<double> slopes = {};
  /// Of a sum (or what tells `change_terms`) over axes of its only input: y's shape with these
  /// kept.
  std::optional<Shape> kept = std::nullopt;
};

}  // namespace gradcheck
