#include <algorithm>
#include <array>
#include <numeric>
#include <type_traits>

#include <xtensor-blas/xblas.hpp>

#include <gradcheck/tensor/blas_memory.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/matrix_view.hpp>

namespace gradcheck {

namespace {

/// a @ b with 1-D operands made matrices: (..., n, k) times (..., k, m) over common leading axes.
struct Extents {
  std::size_t n = 0, k = 0, m = 0;
};
struct MatmulPlan {
  Shape leading;  ///< common leading axes
  Shape result;   ///< NumPy's, without the axes that 1-D operands were given
  Extents extents;
};

[[noreturn]] void throw_inner(std::string_view where, const Shape& a, const Shape& b) {
  const std::size_t rows = b.size() == 1 ? b[0] : b[b.size() - 2];
  throw ShapeError(std::string(where) + ": shapes " + to_string(a) + " and " + to_string(b) +
                   " do not fit together, expected " + std::to_string(a.back()) +
                   " rows on the right, got " + std::to_string(rows));
}

/// The axes before the last two.
Shape leading_axes(const Shape& shape) {
  return shape.size() < 2 ? Shape{} : Shape(shape.begin(), shape.end() - 2);
}

MatmulPlan plan_matmul(std::string_view where, const Shape& a, const Shape& b) {
  if (a.empty() || b.empty()) {
    throw_shape(where, a.empty() ? "the left operand" : "the right operand", "()",
                "at least one axis");
  }
  const bool row = a.size() == 1;
  const bool column = b.size() == 1;
  const Extents extents{row ? 1 : a[a.size() - 2], a.back(), column ? 1 : b.back()};
  MatmulPlan plan{{}, {}, extents};
  if (extents.k != (column ? b[0] : b[b.size() - 2])) {
    throw_inner(where, a, b);
  }
  if (a.size() > 2 || b.size() > 2) {
    plan.leading = broadcast_shapes(where, leading_axes(a), leading_axes(b));
  }
  plan.result.reserve(plan.leading.size() + 2);
  plan.result = plan.leading;
  if (!row) {
    plan.result.push_back(extents.n);
  }
  if (!column) {
    plan.result.push_back(extents.m);
  }
  return plan;
}

/// From this many multiplications on, BLAS is faster than the plain loop.
constexpr std::size_t blas_work = 4096;

/// Sums that the registers hold at once: x87's numbers take longer to store than to add.
constexpr std::size_t columns_at_once = 4;

/// Some columns next to each other of one row of a product, each summed in the order of k.
template <std::size_t Count, class Real>
void multiply_columns(const MatrixView<Real>& a, std::size_t row, const MatrixView<Real>& b,
                      std::size_t column, Real* c) {
  std::array<Real, Count> sums{};
  const Real* left = a.first + row * a.row_step;
  const Real* right = b.first + column * b.column_step;
  for (std::size_t j = 0; j < a.columns; ++j, left += a.column_step, right += b.row_step) {
    for (std::size_t l = 0; l < Count; ++l) {
      sums[l] += *left * right[l * b.column_step];
    }
  }
  std::copy_n(sums.begin(), Count, c);
}

cxxblas::Transpose order_of(const MatrixView<double>& matrix) {
  return matrix.column_step == 1 ? cxxblas::NoTrans : cxxblas::Trans;
}

/// From one run of entries to the next; of a single run, what BLAS accepts.
std::size_t run_step(const MatrixView<double>& matrix) {
  return matrix.column_step == 1 ? std::max(matrix.row_step, matrix.columns)
                                 : std::max(matrix.column_step, matrix.rows);
}

/// c (n, m) = a (n, k) b (k, m), row-major.
template <class Real>
void multiply(const Real* a, const Real* b, Real* c, const Extents& extents) {
  const auto [n, k, m] = extents;
  multiply<Real>(MatrixView<Real>(a, n, k), MatrixView<Real>(b, k, m), c, m);
}

template <class Real>
TensorOf<Real> product_of_matrices(const TensorOf<Real>& a, const TensorOf<Real>& b) {
  const Extents extents{a.shape()[0], a.shape()[1], b.shape()[1]};
  TensorOf<Real> c = TensorOf<Real>::from_shape({extents.n, extents.m});
  multiply(a.data(), b.data(), c.data(), extents);
  return c;
}

}  // namespace

/// The plain loop sums each entry in the order of k.
template <class Real>
void multiply(const MatrixView<Real>& a, const MatrixView<Real>& b, Real* c, std::size_t c_step) {
  const std::size_t n = a.rows, k = a.columns, m = b.columns;
  if constexpr (std::is_same_v<Real, double>) {
    if (n * k * m >= blas_work) {
      const BlasMemory memory;
      cxxblas::gemm<std::ptrdiff_t>(cxxblas::RowMajor, order_of(a), order_of(b), n, m, k, 1.0,
                                    a.first, run_step(a), b.first, run_step(b), 0.0, c, c_step);
      return;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t l = 0;
    for (; l + columns_at_once <= m; l += columns_at_once) {
      multiply_columns<columns_at_once>(a, i, b, l, c + i * c_step + l);
    }
    for (; l < m; ++l) {
      multiply_columns<1>(a, i, b, l, c + i * c_step + l);
    }
  }
}

Shape matmul_shape(std::string_view where, const Shape& a, const Shape& b) {
  return plan_matmul(where, a, b).result;
}

template <class Real>
TensorOf<Real> matmul(const TensorOf<Real>& a, const TensorOf<Real>& b) {
  if (a.dimension() == 2 && b.dimension() == 2 && a.shape()[1] == b.shape()[0]) {
    return product_of_matrices(a, b);
  }
  const Shape left = shape_of(a), right = shape_of(b);
  const MatmulPlan plan = plan_matmul("matmul", left, right);
  TensorOf<Real> c = empty<Real>(plan.result);
  if (plan.leading.empty()) {
    multiply(a.data(), b.data(), c.data(), plan.extents);
    return c;
  }
  const std::vector<std::size_t> from_a = broadcast_positions(leading_axes(left), plan.leading);
  const std::vector<std::size_t> from_b = broadcast_positions(leading_axes(right), plan.leading);
  const auto [n, k, m] = plan.extents;
  for (std::size_t p = 0; p < from_a.size(); ++p) {
    multiply(a.data() + from_a[p] * n * k, b.data() + from_b[p] * k * m, c.data() + p * n * m,
             plan.extents);
  }
  return c;
}

template <class Real>
TensorOf<Real> permuted(const TensorOf<Real>& t, std::span<const std::size_t> axes) {
  const Shape from = shape_of(t);
  std::vector<std::size_t> stride(from.size(), 1);
  for (std::size_t k = from.size(); k-- > 1;) {
    stride[k - 1] = stride[k] * from[k];
  }
  std::vector<std::size_t> positions{0};
  Shape shape;
  for (const std::size_t axis : axes) {
    shape.push_back(from[axis]);
    std::vector<std::size_t> next;
    next.reserve(positions.size() * from[axis]);
    for (const std::size_t p : positions) {
      for (std::size_t i = 0; i < from[axis]; ++i) {
        next.push_back(p + i * stride[axis]);
      }
    }
    positions = std::move(next);
  }
  TensorOf<Real> out = empty<Real>(shape);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    out.data()[i] = t.data()[positions[i]];
  }
  return out;
}

/// The transpose of a matrix, by tiles that fit a cache.
template <class Real>
TensorOf<Real> transposed(const TensorOf<Real>& t) {
  constexpr std::size_t tile = 16;
  const std::size_t rows = t.shape()[0], columns = t.shape()[1];
  TensorOf<Real> out = empty<Real>({columns, rows});
  for (std::size_t i = 0; i < rows; i += tile) {
    for (std::size_t j = 0; j < columns; j += tile) {
      for (std::size_t k = i; k < std::min(i + tile, rows); ++k) {
        for (std::size_t l = j; l < std::min(j + tile, columns); ++l) {
          out.data()[l * rows + k] = t.data()[k * columns + l];
        }
      }
    }
  }
  return out;
}

template <class Real>
TensorOf<Real> swap_last_axes(const TensorOf<Real>& t) {
  const std::size_t rank = t.dimension();
  if (rank < 2) {
    return t;
  }
  if (rank == 2) {
    return transposed(t);
  }
  std::vector<std::size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  std::swap(axes[rank - 1], axes[rank - 2]);
  return permuted<Real>(t, axes);
}

template void multiply(const MatrixView<float>&, const MatrixView<float>&, float*, std::size_t);
template void multiply(const MatrixView<double>&, const MatrixView<double>&, double*, std::size_t);
template void multiply(const MatrixView<long double>&, const MatrixView<long double>&, long double*,
                       std::size_t);
template TensorOf<float> matmul(const TensorOf<float>&, const TensorOf<float>&);
template TensorOf<float> swap_last_axes(const TensorOf<float>&);
template TensorOf<float> permuted(const TensorOf<float>&, std::span<const std::size_t>);
template TensorOf<double> matmul(const TensorOf<double>&, const TensorOf<double>&);
template TensorOf<long double> matmul(const TensorOf<long double>&, const TensorOf<long double>&);
template TensorOf<double> swap_last_axes(const TensorOf<double>&);
template TensorOf<long double> swap_last_axes(const TensorOf<long double>&);
template TensorOf<double> permuted(const TensorOf<double>&, std::span<const std::size_t>);
template TensorOf<long double> permuted(const TensorOf<long double>&, std::span<const std::size_t>);

}  // namespace gradcheck
