#pragma once

#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// The targets of a classification loss: for scores z (..., C), either class indices of one rank
/// less, or one row of C weights (one-hot or probabilities) for each row of z. A t of z's own shape
/// always holds weights.

/// Throws ShapeError unless t fits scores of shape z; `weights` names what t of z's shape would
/// hold.
void require_targets(std::string_view where, std::string_view scores, const Shape& z,
                     const Shape& t, std::string_view weights);

/// Throws ValueError "where: t[2] has label 10, expected an integer from 0 to 9", with i the entry
/// of t.
[[noreturn]] void throw_label(std::string_view where, const Shape& t, std::size_t i, double label,
                              std::size_t classes);

/// Throws ValueError "where: row 2 of t has ..., expected a single 1 and zeros".
[[noreturn]] void throw_not_one_hot(std::string_view where, std::size_t row);

/// The class index that entry i of t holds.
template <class Real>
std::size_t label_at(std::string_view where, const TensorOf<Real>& t, std::size_t i,
                     std::size_t classes) {
  const Real label = t.data()[i];
  if (!(label >= 0 && label < Real(classes) && label == std::trunc(label))) {
    throw_label(where, shape_of(t), i, static_cast<double>(label), classes);
  }
  return static_cast<std::size_t>(label);
}

/// The weights of all classes for scores of shape z: t itself, or one-hot rows made from class
/// indices.
template <class Real>
TensorOf<Real> class_weights(std::string_view where, const Shape& z, const TensorOf<Real>& t) {
  if (has_shape(t, z)) {
    return t;
  }
  TensorOf<Real> weights = zeros<Real>(z);
  for (std::size_t n = 0; n < t.size(); ++n) {
    weights.data()[n * z.back() + label_at(where, t, n, z.back())] = Real(1);
  }
  return weights;
}

/// The class of each row for scores of shape z: from class indices, or from where one-hot rows have
/// their 1.
template <class Real>
std::vector<std::size_t> class_labels(std::string_view where, const Shape& z,
                                      const TensorOf<Real>& t) {
  const std::size_t classes = z.back();
  const TensorOf<Real> weights = class_weights(where, z, t);
  std::vector<std::size_t> labels;
  for (std::size_t n = 0; n < weights.size() / classes; ++n) {
    const std::span<const Real> row = entries(weights).subspan(n * classes, classes);
    const auto one = std::find(row.begin(), row.end(), Real(1));
    if (one == row.end() || std::count(row.begin(), row.end(), Real(0)) + 1 != std::ssize(row)) {
      throw_not_one_hot(where, n);
    }
    labels.push_back(static_cast<std::size_t>(one - row.begin()));
  }
  return labels;
}

/// Throws ValueError where an entry of p is outside of [0, 1]; NaN passes through.
template <class Real>
void require_probabilities(std::string_view where, const TensorOf<Real>& p);

}  // namespace gradcheck
