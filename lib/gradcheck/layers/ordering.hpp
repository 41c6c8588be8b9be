#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// The first k entries of each lane in their order, largest or smallest first, and where they
/// stood: PyTorch's topk; its sort where k is all of them. Equal entries keep their order; NaN
/// counts as the largest.
/// Shapes: x (..., n, ...), y and indices (..., k, ...).
/// Gradients: each entry taken gets its dy; the indices get none.
/// Kinks where entries of a lane are equal. Sites: the entries of y, the piece is the place in its
/// lane of the entry taken; a tie where entries are within their widths of the one taken.
/// Throws ValueError for an axis that x does not have, or where k is more than its extent.
struct Ordered {
  static constexpr std::size_t arity = 1;
  std::string_view name;
  long long axis;
  bool largest;
  std::optional<std::size_t> count{};  ///< k; all entries without it

  std::vector<Shape> shapes(const Shape& x) const;

  template <class Real>
  Tensors<Real> forward(const TensorOf<Real>& x) const {
    return forward_along(pieces_at(x), x);
  }
  template <class Real>
  Tensors<Real> backward(const Tensors<Real>& dy, const TensorOf<Real>& x,
                         const Tensors<Real>&) const {
    TensorOf<Real> dx = zeros<Real>(shape_of(x));
    each_taken(pieces_at(x), x, [&](std::size_t to, std::size_t from, std::int32_t) {
      dx.data()[from] += dy[0].data()[to];
    });
    return pack<Real>(std::move(dx));
  }

  Branches branches(const Tensor& x) const { return pieces_at(x); }
  template <class Real>
  Tensors<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    const Shape shape = shapes(shape_of(x))[0];
    Tensors<Real> y = pack<Real>(empty<Real>(shape), empty<Real>(shape));
    each_taken(pieces, x, [&](std::size_t to, std::size_t from, std::int32_t piece) {
      y[0].data()[to] = x.data()[from];
      y[1].data()[to] = Real(piece);
    });
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> widths) const;

 private:
  std::size_t taken(const Lanes& lanes) const { return count.value_or(lanes.extent); }
  template <class Real>
  Lanes lanes_of(const TensorOf<Real>& x) const {
    return Lanes(x, axis_of(name, axis, x.dimension()));
  }
  /// Calls f(flat position in y, flat position in x, piece) for each entry of y.
  template <class Real, class F>
  void each_taken(const Branches& pieces, const TensorOf<Real>& x, F f) const {
    const Lanes lanes = lanes_of(x);
    const std::size_t k = taken(lanes);
    for (std::size_t to = 0; to < pieces.size(); ++to) {
      const std::size_t lane = to / (k * lanes.inner) * lanes.inner + to % lanes.inner;
      const auto place = static_cast<std::size_t>(pieces[to]);
      f(to, lanes.start(lane) + place * lanes.inner, pieces[to]);
    }
  }
  template <class Real>
  Branches pieces_at(const TensorOf<Real>& x) const {
    const Lanes lanes = lanes_of(x);
    const std::size_t k = taken(lanes);
    Branches pieces(lanes.outer * k * lanes.inner);
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      const std::vector<std::int32_t> order = order_of(gathered(x, lanes, lane));
      const std::size_t first = lane / lanes.inner * k * lanes.inner + lane % lanes.inner;
      for (std::size_t j = 0; j < k; ++j) {
        pieces[first + j * lanes.inner] = order[j];
      }
    }
    return pieces;
  }
  template <class Real>
  std::vector<std::int32_t> order_of(const std::vector<Real>& lane) const {
    std::vector<std::int32_t> order(lane.size());
    std::iota(order.begin(), order.end(), 0);
    const auto above = [&](std::int32_t i, std::int32_t j) {
      const Real a = lane[static_cast<std::size_t>(i)], b = lane[static_cast<std::size_t>(j)];
      return a > b || (std::isnan(a) && !std::isnan(b));
    };
    std::ranges::stable_sort(
        order, [&](std::int32_t i, std::int32_t j) { return largest ? above(i, j) : above(j, i); });
    return order;
  }
};

/// sort topk
void add_ordering_layers(LayerLibrary& library);

}  // namespace gradcheck
