#pragma once

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/structure.hpp>

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

/// The loss: Σ terms / divisor.
template <class Real>
TensorOf<Real> folded(const TensorOf<Real>& terms, Real divisor) {
  AccurateSum<Real> sum;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    sum.add(terms.data()[i]);
  }
  return scalar(sum.value() / divisor);
}

/// How many rows a tensor has: all axes but the last count them. A vector or a number is one row.
inline std::size_t rows_of(const Shape& shape) {
  return shape.size() < 2 || shape.back() == 0 ? 1 : entries_of(shape) / shape.back();
}

}  // namespace gradcheck
