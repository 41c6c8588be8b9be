#pragma once

#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// How a loss folds its terms into one number: their sum, or that divided by how many there are
/// (entries or rows).
enum class Reduction { mean, sum };

inline Reduction reduction_setting(const Settings& settings) {
  return word_setting(settings, "reduction") == "mean" ? Reduction::mean : Reduction::sum;
}

inline SettingType reduction_type(const char* default_value) {
  return {.name = "reduction",
          .kind = SettingType::Kind::word,
          .default_value = std::string(default_value),
          .words = {"mean", "sum"}};
}

/// What the sum of the terms is divided by.
template <class Real>
Real divisor(Reduction reduction, std::size_t terms) {
  return reduction == Reduction::mean ? Real(terms) : Real(1);
}

/// How many rows a tensor has: all axes but the last count them. A vector or a number is one row.
inline std::size_t rows_of(const Shape& shape) {
  return shape.size() < 2 || shape.back() == 0 ? 1 : entries_of(shape) / shape.back();
}

}  // namespace gradcheck
