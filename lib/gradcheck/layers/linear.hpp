#pragma once

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

/// The product Y = A B of two row-major matrices, seen from one entry of a factor. Moving A[i, j]
/// by δ adds δ B[j, :] to row i of Y; moving B[j, l] adds δ A[:, j] to column l.
struct Product {
  std::size_t rows;     ///< of A and Y
  std::size_t inner;    ///< columns of A, rows of B
  std::size_t columns;  ///< of B and Y

  template <class Real>
  void move_left(std::size_t entry, Real delta, const TensorOf<Real>& b, TensorOf<Real>& y) const {
    const Real* row_of_b = b.data() + entry % inner * columns;
    Real* row_of_y = y.data() + entry / inner * columns;
    for (std::size_t l = 0; l < columns; ++l) {
      row_of_y[l] += delta * row_of_b[l];
    }
  }
  template <class Real>
  void move_right(std::size_t entry, Real delta, const TensorOf<Real>& a, TensorOf<Real>& y) const {
    const Real* column_of_a = a.data() + entry / columns;
    Real* column_of_y = y.data() + entry % columns;
    for (std::size_t i = 0; i < rows; ++i) {
      column_of_y[i * columns] += delta * column_of_a[i * inner];
    }
  }
  template <class Real>
  void move(Inputs<Real> x, InputEntry moved, Real delta, TensorOf<Real>& y) const {
    if (moved.slot == 0) {
      move_left(moved.entry, delta, *x[1], y);
    } else {
      move_right(moved.entry, delta, *x[0], y);
    }
  }
};

/// y = a b by NumPy's matmul rules.
/// Shapes: a (..., n, k), b (..., k, m), y (..., n, m); leading axes broadcast. A 1-D operand is a
/// row on the left, a column on the right, and that axis is dropped from y again.
/// Gradients: da = dy bᵀ, db = aᵀ dy, each summed over the leading axes along which its operand was
/// stretched.
/// Throws ShapeError if the inner extents differ, the leading axes do not broadcast, or an operand
/// is a scalar.
struct Matmul {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& a, const Shape& b) const { return matmul_shape("matmul", a, b); }
  Structure structure(std::span<const Shape> x) const {
    return {.kind = x[1].size() <= 2 ? Structure::Kind::product : Structure::Kind::unknown};
  }
  /// Of stacks of matrices: a product for each.
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return matmul(a, b);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    if (a.dimension() == 2 && b.dimension() == 2) {
      return pack<Real>(matmul(dy, swap_last_axes(b)), matmul(swap_last_axes(a), dy));
    }
    const TensorOf<Real> A = a.dimension() == 1 ? reshaped(a, {1, a.size()}) : a;
    const TensorOf<Real> B = b.dimension() == 1 ? reshaped(b, {b.size(), 1}) : b;
    const TensorOf<Real> dY = reshaped(dy, matrix_shape(shape_of(dy), shape_of(a), shape_of(b)));
    const TensorOf<Real> dA = sum_to(matmul(dY, swap_last_axes(B)), shape_of(A));
    const TensorOf<Real> dB = sum_to(matmul(swap_last_axes(A), dY), shape_of(B));
    return pack<Real>(reshaped(dA, shape_of(a)), reshaped(dB, shape_of(b)));
  }

  /// One matrix on the right: then all leading axes of a are rows of one matrix.
  template <class Real>
  bool move(Inputs<Real> x, InputEntry moved, Real delta, TensorOf<Real>& y) const {
    const TensorOf<Real>& a = *x[0];
    const TensorOf<Real>& b = *x[1];
    if (b.dimension() > 2 || a.size() == 0) {
      return false;
    }
    const std::size_t inner = a.shape().back();
    Product{a.size() / inner, inner, b.size() / inner}.move(x, moved, delta, y);
    return true;
  }

 private:
  /// The shape of y with the axes that 1-D operands dropped.
  static Shape matrix_shape(Shape y, const Shape& a, const Shape& b) {
    if (b.size() == 1) {
      y.push_back(1);
    }
    if (a.size() == 1) {
      y.insert(y.end() - 1, 1);
    }
    return y;
  }
};

/// Affine map y = x W + b.
/// Shapes: x (N, in), W (in, out), b (out), y (N, out); x may have any leading axes or none. b may
/// carry leading axes of extent 1.
/// Gradients: dx = dy Wᵀ, dW = xᵀ dy, db = Σ_n dy[n].
/// Throws ShapeError if x, W and b do not fit together.
struct Affine {
  static constexpr std::size_t arity = 3;

  Shape shape(const Shape& x, const Shape& W, const Shape& b) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::product}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& W,
                         const TensorOf<Real>& b) const {
    TensorOf<Real> y = matmul(x, W);
    add_block(y, b);
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x, const TensorOf<Real>& W,
                         const TensorOf<Real>& b, const TensorOf<Real>&) const {
    const std::size_t in = W.shape()[0];
    const std::size_t out = W.shape()[1];
    const std::size_t rows = out == 0 ? 0 : dy.size() / out;
    const TensorOf<Real> dY = reshaped(dy, {rows, out});
    const TensorOf<Real> X = reshaped(x, {rows, in});
    const TensorOf<Real> dx = matmul(dY, swap_last_axes(W));
    return pack<Real>(reshaped(dx, shape_of(x)), matmul(swap_last_axes(X), dY),
                      reshaped(sum_to(dY, {out}), shape_of(b)));
  }

  template <class Real>
  bool move(Inputs<Real> x, InputEntry moved, Real delta, TensorOf<Real>& y) const {
    const std::size_t in = x[1]->shape()[0];
    const std::size_t out = x[1]->shape()[1];
    const std::size_t rows = y.size() / out;
    if (moved.slot < 2) {
      Product{rows, in, out}.move(x, moved, delta, y);
    } else {
      for (std::size_t n = 0; n < rows; ++n) {
        y.data()[n * out + moved.entry] += delta;
      }
    }
    return true;
  }
};

/// Outer product y[i, j] = a[i] b[j].
/// Shapes: a (n), b (m), y (n, m); a column or row is read as a vector.
/// Gradients: da = dy b, db = dyᵀ a.
/// Throws ShapeError where an operand has two axes longer than 1 (NumPy would flatten it).
struct Outer {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& a, const Shape& b) const;
  std::optional<Composition> composition(std::span<const Shape> x) const;

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return matmul(reshaped(a, {a.size(), 1}), reshaped(b, {1, b.size()}));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    const TensorOf<Real> da = matmul(dy, reshaped(b, {b.size()}));
    const TensorOf<Real> db = matmul(reshaped(a, {a.size()}), dy);
    return pack<Real>(reshaped(da, shape_of(a)), reshaped(db, shape_of(b)));
  }

  template <class Real>
  bool move(Inputs<Real> x, InputEntry moved, Real delta, TensorOf<Real>& y) const {
    Product{x[0]->size(), 1, x[1]->size()}.move(x, moved, delta, y);
    return true;
  }
};

/// NumPy's dot where it is a product of vectors and matrices: the last axis of a against the first
/// of b.
/// Shapes: a (k), b (k), y (); a (n, k), b (k, m), y (n, m); a (..., k), b (k), y (...).
/// Gradients: da = dy bᵀ, db = aᵀ dy.
/// Throws ShapeError for a scalar operand (NumPy's dot would multiply) and for b of more than two
/// axes (NumPy's dot and matmul differ there).
struct Dot {
  static constexpr std::size_t arity = 2;

  Shape shape(const Shape& a, const Shape& b) const;
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::product}; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return matmul(a, b);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>& y) const {
    return Matmul{}.backward(dy, a, b, y);
  }

  template <class Real>
  bool move(Inputs<Real> x, InputEntry moved, Real delta, TensorOf<Real>& y) const {
    return Matmul{}.move(x, moved, delta, y);
  }
};

/// matmul affine outer dot
void add_linear_layers(LayerLibrary& library);

}  // namespace gradcheck
