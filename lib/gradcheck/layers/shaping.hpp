#pragma once

#include <optional>
#include <vector>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

/// Layers that move entries about without changing them. The gradient of each moves them back.

/// y = x with its axes in another order: y.shape[k] = x.shape[axes[k]]; reversed without `axes`
/// (NumPy).
/// Gradient: dy with its axes put back.
/// Throws ValueError unless `axes` holds each axis of x once.
struct Transpose {
  static constexpr std::size_t arity = 1;
  std::optional<std::vector<long long>> axes;

  Shape shape(const Shape& x) const;
  /// For each axis of y, its axis of x.
  std::vector<std::size_t> order(std::size_t rank) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return permuted<Real>(x, order(x.dimension()));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    const std::vector<std::size_t> to = order(x.dimension());
    std::vector<std::size_t> back(to.size());
    for (std::size_t k = 0; k < to.size(); ++k) {
      back[to[k]] = k;
    }
    return pack<Real>(permuted<Real>(dy, back));
  }
};

/// The entries of x in row-major order under another shape; one extent may be −1: what is left.
/// Gradient: dy under the shape of x.
/// Throws ShapeError if the numbers of entries differ.
struct Reshape {
  static constexpr std::size_t arity = 1;
  std::vector<long long> wanted;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return reshaped(x, shape(shape_of(x)));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(reshaped(dy, shape_of(x)));
  }
};

/// The axes start_dim to end_dim of x (both included; negative ones count from the end) as one
/// axis.
/// Gradient: dy under the shape of x.
/// Throws ValueError for axes that x does not have, or in the wrong order.
struct Flatten {
  static constexpr std::size_t arity = 1;
  long long start_dim;
  long long end_dim;

  Shape shape(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return reshaped(x, shape(shape_of(x)));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(reshaped(dy, shape_of(x)));
  }
};

/// Joins tensors along an axis: each of the `outer` rows of y (the axes before it, as one) is the
/// row of the first tensor, then that of the second, and so on.
template <class Real>
TensorOf<Real> join(Inputs<Real> parts, std::size_t outer, const Shape& shape) {
  TensorOf<Real> y = empty<Real>(shape);
  Real* next = y.data();
  for (std::size_t o = 0; o < outer; ++o) {
    for (const TensorOf<Real>* part : parts) {
      const std::size_t row = part->size() / outer;
      next = std::copy_n(part->data() + o * row, row, next);
    }
  }
  return y;
}

/// The inverse of join: the parts, of these shapes, that y was joined from.
template <class Real>
Tensors<Real> part(const TensorOf<Real>& y, std::size_t outer, const std::vector<Shape>& shapes) {
  Tensors<Real> parts;
  for (const Shape& shape : shapes) {
    parts.push_back(empty<Real>(shape));
  }
  const Real* next = y.data();
  for (std::size_t o = 0; o < outer; ++o) {
    for (TensorOf<Real>& each : parts) {
      const std::size_t row = each.size() / outer;
      std::copy_n(next, row, each.data() + o * row);
      next += row;
    }
  }
  return parts;
}

template <class Real>
std::vector<Shape> shapes_of(Inputs<Real> x) {
  std::vector<Shape> shapes;
  for (const TensorOf<Real>* each : x) {
    shapes.push_back(shape_of(*each));
  }
  return shapes;
}

/// y = the inputs one after another along an existing axis.
/// Shapes: all of one shape but for that axis; y's extent there is the sum of theirs.
/// Gradients: each input gets its part of dy.
/// Throws ShapeError if the other extents differ.
struct Concat {
  static constexpr std::size_t arity = variadic;
  long long axis;

  Shape shape(std::span<const Shape> x) const;
  /// Product of the extents before the axis.
  std::size_t outer(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return join(x, outer(shape_of(*x[0])), shape(shapes_of(x)));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> x, const TensorOf<Real>&) const {
    return part(dy, outer(shape_of(*x[0])), shapes_of(x));
  }
};

/// y = the inputs one after another along a new axis, which stands at `axis` in y.
/// Shapes: all of one shape; y has one axis more, its extent their number.
/// Gradients: each input gets its part of dy.
/// Throws ShapeError if the shapes differ.
struct Stack {
  static constexpr std::size_t arity = variadic;
  long long axis;

  Shape shape(std::span<const Shape> x) const;
  std::size_t outer(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return join(x, outer(shape_of(*x[0])), shape(shapes_of(x)));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, Inputs<Real> x, const TensorOf<Real>&) const {
    return part(dy, outer(shape_of(*x[0])), shapes_of(x));
  }
};

/// Cuts x into `sections` equal parts along an axis: as many outputs.
/// Gradient: the dy of all parts, joined again.
/// Throws ShapeError if the extent is no multiple of `sections`.
struct Split {
  static constexpr std::size_t arity = 1;
  std::size_t sections;
  long long axis;

  std::vector<Shape> shapes(const Shape& x) const;
  std::size_t outer(const Shape& x) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::selection}; }

  template <class Real>
  Tensors<Real> forward(const TensorOf<Real>& x) const {
    return part(x, outer(shape_of(x)), shapes(shape_of(x)));
  }
  template <class Real>
  Tensors<Real> backward(const Tensors<Real>& dy, const TensorOf<Real>& x,
                         const Tensors<Real>&) const {
    std::vector<const TensorOf<Real>*> parts;
    for (const TensorOf<Real>& each : dy) {
      parts.push_back(&each);
    }
    return pack<Real>(join(Inputs<Real>(parts), outer(shape_of(x)), shape_of(x)));
  }
};

/// What one subscript between brackets selects along an axis: `3` (is_index, in start), `1:3`,
/// `::2`, `...`.
struct AxisSlice {
  std::optional<long long> start{};
  std::optional<long long> stop{};
  std::optional<long long> step{};
  bool is_index = false;
  bool ellipsis = false;
};

/// y = x[subscripts] by NumPy's basic indexing: an index drops its axis; negative ones count from
/// the end; slices are clamped to the axis and may step backwards; `...` stands for all axes not
/// named, as does the end of the list.
/// Gradient: dy at the entries taken, 0 elsewhere.
/// Throws ValueError for an index out of range, a step of 0, too many subscripts or a second `...`.
struct Slice {
  std::vector<AxisSlice> subscripts;

  Shape shape(const Shape& x) const;
  std::vector<std::size_t> positions(const Shape& x) const;
};

/// x[subscripts] as the language's brackets make it; whether they fit is checked once x's shape is
/// known.
LayerPtr make_slice(std::vector<AxisSlice> subscripts);

/// transpose reshape flatten concat stack split
void add_shaping_layers(LayerLibrary& library);

}  // namespace gradcheck
