#include <gradcheck/layers/linear_algebra.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

void require_square(std::string_view where, std::string_view what, const Shape& x) {
  if (x.size() < 2 || x.back() != x[x.size() - 2]) {
    throw_shape(where, what, to_string(x), "(..., n, n)");
  }
}

void throw_matrix(std::string_view where, std::size_t matrix, std::size_t matrices,
                  std::string_view got, std::string_view wanted) {
  throw_value(where, matrices == 1 ? "x" : "matrix " + std::to_string(matrix) + " of x", got,
              wanted);
}

namespace {

template <class Real>
TensorOf<Real> negated(const TensorOf<Real>& x) {
  return map(x, [](Real v) { return -v; });
}

/// A vector as a column.
template <class Real>
TensorOf<Real> as_matrix(const TensorOf<Real>& b) {
  return b.dimension() == 1 ? reshaped(b, {b.size(), 1}) : b;
}

Shape leading_axes(const Shape& x) { return {x.begin(), x.end() - 2}; }

/// t with other leading axes.
template <class Real>
TensorOf<Real> stretched(const TensorOf<Real>& t, Shape leading) {
  leading.insert(leading.end(), t.shape().end() - 2, t.shape().end());
  return broadcast_to(t, leading);
}

/// (a or aᵀ)⁻¹ b, matrix by matrix, for tensors of the same leading axes.
template <class Real>
TensorOf<Real> solved(const TensorOf<Real>& a, TensorOf<Real> b) {
  const std::size_t columns = b.shape().back(), rows = a.shape().back();
  for (std::size_t k = 0; k < matrices_in(shape_of(a)); ++k) {
    decomposed("solve", a, k).solve(b.data() + k * rows * columns, columns);
  }
  return b;
}

template <class Real>
void put(const SquareMatrix<Real>& m, std::size_t k, TensorOf<Real>& y) {
  std::copy(m.entries.begin(), m.entries.end(), y.data() + k * m.entries.size());
}

}  // namespace

template <class Real>
TensorOf<Real> Inverse::forward(const TensorOf<Real>& x) const {
  TensorOf<Real> y = empty_like(x);
  for (std::size_t k = 0; k < matrices_in(shape_of(x)); ++k) {
    put(decomposed("inverse", x, k).inverse(), k, y);
  }
  return y;
}

template <class Real>
Tensors<Real> Inverse::backward(const TensorOf<Real>& dy, const TensorOf<Real>&,
                                const TensorOf<Real>& y) const {
  const TensorOf<Real> transposed = swap_last_axes(y);
  return pack<Real>(negated(matmul(matmul(transposed, dy), transposed)));
}

Shape Solve::shape(const Shape& a, const Shape& b) const {
  require_square("solve", "a", a);
  const bool vector = b.size() == 1 && a.size() == 2;
  if (b.empty() || (b.size() == 1 && !vector) || b[vector ? 0 : b.size() - 2] != a.back()) {
    throw_shape("solve", "b", to_string(b),
                "(" + std::to_string(a.back()) + ",) or (..., " + std::to_string(a.back()) +
                    ", k), for a has shape " + to_string(a));
  }
  if (vector) {
    return b;
  }
  Shape x = broadcast_shapes("solve", leading_axes(a), leading_axes(b));
  x.insert(x.end(), b.end() - 2, b.end());
  return x;
}

template <class Real>
TensorOf<Real> Solve::forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
  const TensorOf<Real> B = as_matrix(b);
  const Shape leading =
      broadcast_shapes("solve", leading_axes(shape_of(a)), leading_axes(shape_of(B)));
  return reshaped(solved(stretched(a, leading), stretched(B, leading)),
                  shape(shape_of(a), shape_of(b)));
}

template <class Real>
Tensors<Real> Solve::backward(const TensorOf<Real>& dx, const TensorOf<Real>& a,
                              const TensorOf<Real>& b, const TensorOf<Real>& x) const {
  const TensorOf<Real> X = as_matrix(x);
  const Shape leading = leading_axes(shape_of(X));
  const TensorOf<Real> dB = solved(swap_last_axes(stretched(a, leading)), as_matrix(dx));
  const TensorOf<Real> dA = negated(matmul(dB, swap_last_axes(X)));
  return pack<Real>(sum_to(dA, shape_of(a)),
                    reshaped(sum_to(dB, shape_of(as_matrix(b))), shape_of(b)));
}

template <class Real>
TensorOf<Real> Cholesky::forward(const TensorOf<Real>& x) const {
  TensorOf<Real> L = empty_like(x);
  const TensorOf<Real> symmetric =
      map2(x, swap_last_axes(x), [](Real u, Real v) { return (u + v) / 2; });
  for (std::size_t k = 0; k < matrices_in(shape_of(x)); ++k) {
    SquareMatrix<Real> matrix = matrix_of(symmetric, k);
    if (!cholesky(matrix)) {
      throw_matrix("cholesky", k, matrices_in(shape_of(x)),
                   "a matrix that is not positive definite", "one that is");
    }
    put(matrix, k, L);
  }
  return L;
}

template <class Real>
Tensors<Real> Cholesky::backward(const TensorOf<Real>& dL, const TensorOf<Real>&,
                                 const TensorOf<Real>& L) const {
  const TensorOf<Real> transposed = swap_last_axes(L);
  TensorOf<Real> lower = matmul(transposed, dL);
  const std::size_t n = L.shape().back();
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const std::size_t row = i / n % n, column = i % n;
    lower.data()[i] *= column > row ? Real(0) : column == row ? Real(0.5) : Real(1);
  }
  // S = L⁻ᵀ Φ L⁻¹ = L⁻ᵀ (L⁻ᵀ Φᵀ)ᵀ
  const TensorOf<Real> half = swap_last_axes(solved(transposed, swap_last_axes(lower)));
  const TensorOf<Real> S = solved(transposed, half);
  return pack<Real>(map2(S, swap_last_axes(S), [](Real u, Real v) { return (u + v) / 2; }));
}

template <class Real>
TensorOf<Real> Determinant::forward(const TensorOf<Real>& x) const {
  TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
  for (std::size_t k = 0; k < y.size(); ++k) {
    const LuDecomposition<Real> lu(matrix_of(x, k));
    if (logarithm && (lu.singular() || lu.sign() < 0)) {
      throw_matrix(name(), k, y.size(), "a determinant that is not positive", "a positive one");
    }
    y.data()[k] = logarithm ? lu.log_abs_determinant() : lu.determinant();
  }
  return y;
}

template <class Real>
Tensors<Real> Determinant::backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                                    const TensorOf<Real>& y) const {
  TensorOf<Real> dx = empty_like(x);
  const std::size_t size = y.size() == 0 ? 0 : x.size() / y.size();
  for (std::size_t k = 0; k < y.size(); ++k) {
    put(logarithm ? decomposed(name(), x, k).inverse() : cofactors(matrix_of(x, k)), k, dx);
    for (std::size_t i = k * size; i < (k + 1) * size; ++i) {
      dx.data()[i] *= dy.data()[k];
    }
  }
  return pack<Real>(logarithm ? swap_last_axes(dx) : dx);
}

void add_linear_algebra_layers(LayerLibrary& library) {
  constexpr const char* group = "linear algebra";
  library.add({.name = "inverse",
               .group = group,
               .aliases = {"inv"},
               .tensors = {"x"},
               .formula = "y = x⁻¹",
               .gradients = "dx = −yᵀ dy yᵀ",
               .shapes = "x and y (..., n, n)",
               .make = [](const Settings&) { return make_layer("inverse", Inverse{}); }});
  library.add({.name = "solve",
               .group = group,
               .tensors = {"a", "b"},
               .formula = "y of a y = b",
               .gradients = "db = a⁻ᵀ dy, da = −db yᵀ, summed over stretched leading axes",
               .shapes = "a (..., n, n), b (..., n, k), or (n) for one matrix a; y as b; leading "
                         "axes broadcast",
               .make = [](const Settings&) { return make_layer("solve", Solve{}); }});
  library.add({.name = "cholesky",
               .group = group,
               .tensors = {"x"},
               .formula = "lower triangular y with y yᵀ = ½ (x + xᵀ), which is a symmetric x",
               .gradients = "dx = ½ (S + Sᵀ), S = y⁻ᵀ Φ(yᵀ dy) y⁻¹, Φ the lower triangle with its "
                            "diagonal halved",
               .shapes = "x and y (..., n, n)",
               .make = [](const Settings&) { return make_layer("cholesky", Cholesky{}); }});
  library.add(
      {.name = "determinant",
       .group = group,
       .aliases = {"det"},
       .tensors = {"x"},
       .formula = "y = det x",
       .gradients = "dx = dy ⊙ y x⁻ᵀ, the cofactors of x",
       .shapes = "x (..., n, n), y (...)",
       .make = [](const Settings&) { return make_layer("determinant", Determinant{false}); }});
  library.add({.name = "logdet",
               .group = group,
               .tensors = {"x"},
               .formula = "y = ln det x",
               .gradients = "dx = dy ⊙ x⁻ᵀ",
               .shapes = "x (..., n, n), y (...)",
               .make = [](const Settings&) { return make_layer("logdet", Determinant{true}); }});
}

}  // namespace gradcheck
