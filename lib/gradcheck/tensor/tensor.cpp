#include <algorithm>
#include <cmath>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

std::size_t entries_of(const Shape& shape) {
  if (shape.size() > max_rank) {
    throw_shape("tensor", "it", to_string(shape), "at most " + std::to_string(max_rank) + " axes");
  }
  if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) {
    return 0;
  }
  std::size_t n = 1;
  for (const std::size_t extent : shape) {
    if (extent > max_entries / n) {
      throw_shape("tensor", "it", to_string(shape),
                  "at most " + std::to_string(max_entries) + " entries");
    }
    n *= extent;
  }
  return n;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t k = 0; k < shape.size(); ++k) {
    text += (k == 0 ? "" : ", ") + std::to_string(shape[k]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::vector<std::size_t> unravel(const Shape& shape, std::size_t flat) {
  std::vector<std::size_t> index(shape.size());
  for (std::size_t k = shape.size(); k-- > 0;) {
    index[k] = flat % shape[k];
    flat /= shape[k];
  }
  return index;
}

std::string index_text(const Shape& shape, std::size_t flat) {
  if (shape.empty()) {
    return "";
  }
  std::string text = "[";
  for (const std::size_t i : unravel(shape, flat)) {
    text += (text.size() == 1 ? "" : ", ") + std::to_string(i);
  }
  return text + "]";
}

Tensor tensor_of(const Shape& shape, std::span<const double> values) {
  Tensor t = empty<double>(shape);
  if (values.size() != t.size()) {
    throw_shape("tensor_of", "the list", std::to_string(values.size()) + " entries",
                std::to_string(t.size()) + " for shape " + to_string(shape));
  }
  std::copy(values.begin(), values.end(), t.data());
  return t;
}

double max_abs(const Tensor& t) {
  double largest = 0;
  for (const double x : entries(t)) {
    if (std::isnan(x)) {
      return x;
    }
    largest = std::max(largest, std::abs(x));
  }
  return largest;
}

bool all_finite(const Tensor& t) {
  return std::ranges::all_of(entries(t), [](double x) { return std::isfinite(x); });
}

}  // namespace gradcheck
