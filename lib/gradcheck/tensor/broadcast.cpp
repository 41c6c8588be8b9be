#include <algorithm>

#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

Shape broadcast_shapes(std::string_view where, const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()));
  for (std::size_t k = 1; k <= shape.size(); ++k) {
    const std::size_t m = k <= a.size() ? a[a.size() - k] : 1;
    const std::size_t n = k <= b.size() ? b[b.size() - k] : 1;
    if (m != n && m != 1 && n != 1) {
      throw ShapeError(std::string(where) + ": shapes " + to_string(a) + " and " + to_string(b) +
                       " do not broadcast, expected equal extents or 1, aligned at the right");
    }
    shape[shape.size() - k] = m == 1 ? n : m;
  }
  return shape;
}

std::vector<std::size_t> broadcast_positions(const Shape& from, const Shape& shape) {
  std::vector<std::size_t> positions(entries_of(shape));
  if (positions.empty()) {
    return positions;
  }
  // Axis by axis, from the last: what is there repeats, a step of that axis further each time.
  std::size_t filled = 1, step = 1;
  for (std::size_t k = 1; k <= shape.size(); ++k) {
    const std::size_t extent = k <= from.size() ? from[from.size() - k] : 1;
    const std::size_t repeats = shape[shape.size() - k];
    for (std::size_t i = filled; i < filled * repeats; ++i) {
      positions[i] = positions[i - filled] + (extent == 1 ? 0 : step);
    }
    filled *= repeats;
    step *= extent;
  }
  return positions;
}

template <class Real>
TensorOf<Real> broadcast_to(const TensorOf<Real>& t, const Shape& shape) {
  if (has_shape(t, shape)) {
    return t;
  }
  TensorOf<Real> out = empty<Real>(shape);
  if (t.size() == 1) {
    std::ranges::fill(entries(out), t.data()[0]);
    return out;
  }
  if (is_block(t.shape(), shape)) {
    for (std::size_t start = 0; start < out.size(); start += t.size()) {
      std::ranges::copy(entries(t), out.data() + start);
    }
    return out;
  }
  const std::vector<std::size_t> from = broadcast_positions(shape_of(t), shape);
  for (std::size_t i = 0; i < from.size(); ++i) {
    out.data()[i] = t.data()[from[i]];
  }
  return out;
}

template <class Real>
TensorOf<Real> sum_to(const TensorOf<Real>& t, const Shape& shape) {
  if (has_shape(t, shape)) {
    return t;
  }
  TensorOf<Real> out = zeros<Real>(shape);
  if (is_block(shape, t.shape())) {
    for (std::size_t start = 0; start < t.size(); start += out.size()) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out.data()[i] += t.data()[start + i];
      }
    }
    return out;
  }
  const std::vector<std::size_t> onto = broadcast_positions(shape, shape_of(t));
  for (std::size_t i = 0; i < onto.size(); ++i) {
    out.data()[onto[i]] += t.data()[i];
  }
  return out;
}

template TensorOf<float> broadcast_to(const TensorOf<float>&, const Shape&);
template TensorOf<float> sum_to(const TensorOf<float>&, const Shape&);
template TensorOf<double> broadcast_to(const TensorOf<double>&, const Shape&);
template TensorOf<long double> broadcast_to(const TensorOf<long double>&, const Shape&);
template TensorOf<double> sum_to(const TensorOf<double>&, const Shape&);
template TensorOf<long double> sum_to(const TensorOf<long double>&, const Shape&);

}  // namespace gradcheck
