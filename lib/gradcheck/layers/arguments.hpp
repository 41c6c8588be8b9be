#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// What layers check about their arguments, and how they say it.

/// A number with as few digits as tell it apart from all others: "0.01", "3".
std::string number_text(double value);

/// "[1, 2]"
std::string list_text(std::span<const long long> list);

/// NumPy's reading of an axis of a tensor of that rank: negative ones count from the end.
/// Throws ValueError "where: axis has 3, expected an integer from -2 to 1".
std::size_t axis_of(std::string_view where, long long axis, std::size_t rank,
                    std::string_view what = "axis");

/// Which axes are meant: those of the list, each once; all of them without a list.
std::vector<bool> chosen_axes(std::string_view where,
                              const std::optional<std::vector<long long>>& axes, std::size_t rank);

/// Throws ShapeError unless `got`, the shape of argument `what`, is exactly `wanted`, the shape of
/// argument `of`.
void require_same_shape(std::string_view where, std::string_view what, const Shape& got,
                        std::string_view of, const Shape& wanted);

/// Throws ShapeError if a tensor of that shape has no entries.
void require_entries(std::string_view where, std::string_view what, const Shape& shape);

/// A tensor seen along one axis, as (outer, extent, inner): a lane is the `extent` entries, `inner`
/// apart, that differ only in their index along the axis.
struct Lanes {
  std::size_t outer = 1;   ///< product of the extents before the axis
  std::size_t extent = 1;  ///< of the axis
  std::size_t inner = 1;   ///< product of the extents after it

  Lanes(std::span<const std::size_t> shape, std::size_t axis);
  template <class Real>
  Lanes(const TensorOf<Real>& t, std::size_t axis)
      : Lanes(std::span(t.shape().begin(), t.shape().end()), axis) {}
  std::size_t count() const { return extent == 0 ? 0 : outer * inner; }
  /// The flat position of a lane's first entry.
  std::size_t start(std::size_t lane) const { return lane / inner * extent * inner + lane % inner; }
};

/// How far apart in memory neighbours along each axis are, for a tensor in row-major order.
std::vector<std::size_t> strides_of(const Shape& shape);

/// Calls f(index, flat position) for each entry of a tensor of that shape, in row-major order.
template <class F>
void for_each_index(const Shape& shape, F f) {
  const std::size_t all = entries_of(shape);
  std::vector<std::size_t> index(shape.size(), 0);
  for (std::size_t flat = 0; flat < all; ++flat) {
    f(std::as_const(index), flat);
    for (std::size_t k = shape.size(); k-- > 0 && ++index[k] == shape[k];) {
      index[k] = 0;
    }
  }
}

/// The entries of one lane, one after the other.
template <class Real>
std::vector<Real> gathered(const TensorOf<Real>& t, const Lanes& lanes, std::size_t lane) {
  std::vector<Real> entries(lanes.extent);
  for (std::size_t k = 0; k < lanes.extent; ++k) {
    entries[k] = t.data()[lanes.start(lane) + k * lanes.inner];
  }
  return entries;
}
/// Puts them back.
template <class Real>
void scatter(const std::vector<Real>& entries, const Lanes& lanes, std::size_t lane,
             TensorOf<Real>& t) {
  for (std::size_t k = 0; k < lanes.extent; ++k) {
    t.data()[lanes.start(lane) + k * lanes.inner] = entries[k];
  }
}

}  // namespace gradcheck
