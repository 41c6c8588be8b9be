#pragma once

#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// Layers that take entries by an index, which is a tensor of integers, held constant. Indices that
/// repeat add up in the gradient.

/// The integer that entry i of an index holds, for an axis of that extent; a negative one counts
/// from the end where `from_end` allows it.
/// Throws ValueError "where: index[2] has 7, expected an integer from 0 to 4".
template <class Real>
std::size_t index_at(std::string_view where, const TensorOf<Real>& index, std::size_t i,
                     std::size_t extent, bool from_end = false);

/// y[i] = x[p(i)], with the flat positions p that F makes of x's shape and the index.
/// F has `name`, `shape(x, index)`, `positions(x, index)`, and `source`, the slot of x among the
/// two. A position of `nowhere` gives 0.
/// Gradient: dx[p(i)] += dy[i].
template <class F>
struct Picked {
  static constexpr std::size_t arity = 2;
  static constexpr std::size_t nowhere = std::size_t(-1);
  F f{};

  bool differentiable(std::size_t slot) const { return slot == F::source; }
  Shape shape(const Shape& a, const Shape& b) const {
    return F::source == 0 ? f.shape(a, b) : f.shape(b, a);
  }
  /// Without entries that come from nowhere.
  Structure structure(std::span<const Shape>) const {
    const bool moved_only = !f.leaves_out();
    return {.kind = moved_only ? Structure::Kind::selection : Structure::Kind::unknown};
  }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    const TensorOf<Real>& x = F::source == 0 ? a : b;
    const std::vector<std::size_t> from = positions(a, b);
    TensorOf<Real> y = empty<Real>(shape(shape_of(a), shape_of(b)));
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] = from[i] == nowhere ? Real(0) : x.data()[from[i]];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    const std::vector<std::size_t> from = positions(a, b);
    Tensors<Real> dx = pack<Real>(zeros<Real>(shape_of(a)), zeros<Real>(shape_of(b)));
    for (std::size_t i = 0; i < dy.size(); ++i) {
      if (from[i] != nowhere) {
        dx[F::source].data()[from[i]] += dy.data()[i];
      }
    }
    return dx;
  }

 private:
  template <class Real>
  std::vector<std::size_t> positions(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return F::source == 0 ? f.positions(shape_of(a), b) : f.positions(shape_of(b), a);
  }
};

/// y[..., :] = W[index[...], :]: a row of W for each entry of the index. Rows of `padding_idx` are
/// 0 in y, and get no gradient (PyTorch shows the row and holds it constant; the same where it is
/// 0, as it should be).
/// Shapes: index of any shape, W (V, D), y (index's shape, D).
/// Throws ShapeError unless W is a matrix, ValueError for an index that is no row.
struct Embedding {
  static constexpr std::size_t source = 1;
  std::optional<std::size_t> padding{};

  bool leaves_out() const { return padding.has_value(); }
  Shape shape(const Shape& weight, const Shape& index) const;
  template <class Real>
  std::vector<std::size_t> positions(const Shape& weight, const TensorOf<Real>& index) const;
};

/// y[i₀, …, i_a, …] = x[i₀, …, index[i₀, …, i_a, …], …] along axis a.
/// Shapes: index of x's rank, nowhere longer than x but along the axis; y as index.
/// Throws ShapeError if they do not fit, ValueError for an index out of range.
struct GatherEntries {
  static constexpr std::size_t source = 0;
  long long axis;

  bool leaves_out() const { return false; }
  Shape shape(const Shape& x, const Shape& index) const;
  template <class Real>
  std::vector<std::size_t> positions(const Shape& x, const TensorOf<Real>& index) const;
};

/// y = the slices of x along an axis that the index names, in its order: NumPy's take. Without an
/// axis, entries of x in row-major order.
/// Shapes: y is x with the axis replaced by the shape of the index; negative indices count from the
/// end where `from_end` says so.
/// Throws ShapeError or ValueError for an index out of range.
struct Take {
  static constexpr std::size_t source = 0;
  std::string_view name;
  std::optional<long long> axis{};
  bool from_end = true;
  std::optional<std::size_t> index_rank{};  ///< the only one that is accepted

  bool leaves_out() const { return false; }
  Shape shape(const Shape& x, const Shape& index) const;
  template <class Real>
  std::vector<std::size_t> positions(const Shape& x, const TensorOf<Real>& index) const;
};

/// y = x, and y[i₀, …, index[i], …] += src[i₀, …, i_a, …] for each entry i of the index.
/// Shapes: index and src of x's rank; the index nowhere longer than src, nor than x but along the
/// axis; y as x.
/// Gradients: dx = dy, dsrc[i] = dy[i₀, …, index[i], …], 0 where src has no index.
/// Throws ShapeError if they do not fit, ValueError for an index out of range.
struct ScatterAdd {
  static constexpr std::size_t arity = 3;
  long long axis;

  bool differentiable(std::size_t slot) const { return slot != 1; }
  Shape shape(const Shape& x, const Shape& index, const Shape& src) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& index,
                         const TensorOf<Real>& src) const {
    TensorOf<Real> y = x;
    each_pair(shape_of(x), index, shape_of(src),
              [&](std::size_t to, std::size_t from) { y.data()[to] += src.data()[from]; });
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& index, const TensorOf<Real>& src,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dsrc = zeros<Real>(shape_of(src));
    each_pair(shape_of(x), index, shape_of(src),
              [&](std::size_t to, std::size_t from) { dsrc.data()[from] = dy.data()[to]; });
    return pack<Real>(dy, zeros<Real>(shape_of(index)), std::move(dsrc));
  }

 private:
  /// Calls f(flat position in x, flat position in src) for each entry of the index.
  template <class Real, class F>
  void each_pair(const Shape& x, const TensorOf<Real>& index, const Shape& src, F f) const {
    const std::size_t along = axis_of("scatter_add", axis, x.size());
    const std::vector<std::size_t> in_x = strides_of(x), in_src = strides_of(src);
    for_each_index(shape_of(index), [&](const std::vector<std::size_t>& at, std::size_t i) {
      std::size_t to = 0, from = 0;
      for (std::size_t k = 0; k < at.size(); ++k) {
        to += (k == along ? index_at("scatter_add", index, i, x[k]) : at[k]) * in_x[k];
        from += at[k] * in_src[k];
      }
      f(to, from);
    });
  }
};

/// embedding gather take index_select scatter_add
void add_indexing_layers(LayerLibrary& library);

}  // namespace gradcheck
