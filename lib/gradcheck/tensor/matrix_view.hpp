#pragma once

#include <cstddef>
#include <utility>

namespace gradcheck {

/// A matrix in memory, the entries of whose rows or of whose columns follow each other.
template <class Real>
struct MatrixView {
  const Real* first;
  std::size_t rows;
  std::size_t columns;
  std::size_t row_step;     ///< from an entry to the one below it
  std::size_t column_step;  ///< and to the one beside it; one of the two is 1

  MatrixView(const Real* entries, std::size_t height, std::size_t width)
      : first(entries), rows(height), columns(width), row_step(width), column_step(1) {}
  MatrixView transposed() const {
    MatrixView other = *this;
    std::swap(other.rows, other.columns);
    std::swap(other.row_step, other.column_step);
    return other;
  }
  /// Some rows of it.
  MatrixView block(std::size_t from, std::size_t count) const {
    MatrixView other = *this;
    other.first += from * row_step;
    other.rows = count;
    return other;
  }
};

/// a b, of two matrices that fit together, into c: row-major, `c_step` from row to row.
template <class Real>
void multiply(const MatrixView<Real>& a, const MatrixView<Real>& b, Real* c, std::size_t c_step);

}  // namespace gradcheck
