#pragma once

#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/structure.hpp>

namespace gradcheck {

/// What a loss makes of its terms: their sum, that divided by how many there are (entries or rows)
/// or, for `batchmean`, by the extent of the first axis; or nothing (`none`): then they are its
/// output.
enum class Reduction { mean, sum, none, batchmean };

inline Reduction reduction_setting(const Settings& settings) {
  const std::string& word = word_setting(settings, "reduction");
  return word == "mean"   ? Reduction::mean
         : word == "sum"  ? Reduction::sum
         : word == "none" ? Reduction::none
                          : Reduction::batchmean;
}

inline SettingType reduction_type(const char* default_value) {
  return {.name = "reduction",
          .kind = SettingType::Kind::word,
          .default_value = std::string(default_value),
          .words = {"mean", "sum", "none"}};
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

/// The loss, or its terms where they stay as they are.
template <class Real>
TensorOf<Real> reduced(TensorOf<Real> terms, Reduction reduction, Real divisor) {
  return reduction == Reduction::none ? std::move(terms) : folded(terms, divisor);
}

/// The upstream of each term.
template <class Real>
class TermUpstream {
 public:
  TermUpstream(const TensorOf<Real>& dL, Reduction reduction, Real divisor)
      : dL_(dL), each_(reduction == Reduction::none), divisor_(divisor) {}
  Real operator[](std::size_t term) const {
    return each_ ? dL_.data()[term] : dL_.data()[0] / divisor_;
  }

 private:
  const TensorOf<Real>& dL_;
  bool each_;
  Real divisor_;
};

/// How many rows a tensor has: all axes but the last count them. A vector or a number is one row.
inline std::size_t rows_of(const Shape& shape) {
  return shape.size() < 2 || shape.back() == 0 ? 1 : entries_of(shape) / shape.back();
}

/// The axes of the rows.
inline Shape row_axes(const Shape& shape) {
  return shape.empty() ? shape : Shape(shape.begin(), shape.end() - 1);
}

/// What a loss declares whose terms are those of entries.
inline Structure terms_structure(Reduction reduction, std::size_t terms) {
  return reduction == Reduction::none ? Structure{.kind = Structure::Kind::elementwise}
                                      : Structure{.kind = Structure::Kind::terms,
                                                  .divisor = divisor<double>(reduction, terms)};
}

/// What a loss declares whose terms are those of rows.
inline Structure row_terms_structure(Reduction reduction, std::size_t rows) {
  return reduction == Reduction::none ? Structure{}
                                      : Structure{.kind = Structure::Kind::row_terms,
                                                  .divisor = divisor<double>(reduction, rows)};
}

}  // namespace gradcheck
