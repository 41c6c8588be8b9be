#pragma once

#include <cstddef>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Which axis of a value counts the rows of a batch.
enum class RowAxis {
  first,  ///< x @ W: a row each
  last,   ///< W @ a: a column each
  none,   ///< the whole value is one row
};

/// A value read as rows of features.
struct RowLayout {
  RowAxis axis = RowAxis::none;
  std::size_t rows = 1;
  std::size_t features = 1;

  /// Flat position of a feature of a row.
  std::size_t at(std::size_t row, std::size_t feature) const {
    return axis == RowAxis::last ? feature * rows + row : row * features + feature;
  }
};

/// Throws nothing: a value without axes is one row along any axis.
inline RowLayout row_layout(const Shape& shape, RowAxis axis) {
  const std::size_t entries = entries_of(shape);
  if (shape.empty() || axis == RowAxis::none || entries == 0) {
    return {RowAxis::none, 1, entries};
  }
  const std::size_t rows = axis == RowAxis::first ? shape.front() : shape.back();
  return {axis, rows, entries / rows};
}

}  // namespace gradcheck
