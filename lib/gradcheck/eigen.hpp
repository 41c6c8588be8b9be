#pragma once

/// Eigen's matrices, vectors and arrays as tensors, of any storage order: row-major and
/// column-major ones have the same entries at the same indices. A type with one column or one row
/// at compile time is a vector, shape (n); any other a matrix, shape (rows, columns). Included by
/// those who use Eigen; gradcheck itself does not.

#include <Eigen/Core>

#include <gradcheck/user_layers/tensor_traits.hpp>

namespace gradcheck {

template <class T>
requires std::derived_from<T, Eigen::DenseBase<T>>
struct TensorTraits<T> {
  using Number = typename T::Scalar;
  using Owned = typename T::PlainObject;
  static constexpr bool vector = T::IsVectorAtCompileTime;

  static Tensor tensor(const T& t) {
    const auto rows = static_cast<std::size_t>(t.rows());
    const auto columns = static_cast<std::size_t>(t.cols());
    Tensor out = empty<double>(vector ? Shape{rows * columns} : Shape{rows, columns});
    double* to = out.data();
    for (Eigen::Index i = 0; i < t.rows(); ++i) {
      for (Eigen::Index j = 0; j < t.cols(); ++j) {
        *to++ = static_cast<double>(t.coeff(i, j));
      }
    }
    return out;
  }

  static Owned owned(const Tensor& t) {
    Owned out;
    assign(out, t);
    return out;
  }

  template <class To>
  static void assign(To& to, const Tensor& t) {
    const auto [rows, columns] = extents(t);
    resize(to, rows, columns, shape_of(t));
    const double* from = t.data();
    for (Eigen::Index i = 0; i < rows; ++i) {
      for (Eigen::Index j = 0; j < columns; ++j) {
        to.coeffRef(i, j) = static_cast<Number>(*from++);
      }
    }
  }

  static const void* memory(const T& t) {
    if constexpr (requires { t.data(); }) {
      return t.data();
    } else {
      return nullptr;
    }
  }

 private:
  /// Rows and columns of a tensor in this type: a 1-D one lies along the vector, or is a column.
  static std::pair<Eigen::Index, Eigen::Index> extents(const Tensor& t) {
    const Shape shape = shape_of(t);
    if (shape.size() == 2 && !vector) {
      return {static_cast<Eigen::Index>(shape[0]), static_cast<Eigen::Index>(shape[1])};
    }
    const auto size = static_cast<Eigen::Index>(t.size());
    const bool flat = std::size_t(std::count(shape.begin(), shape.end(), 1)) + 1 >= shape.size();
    if (!flat || (!vector && shape.size() > 1)) {
      throw_unfit(shape, vector ? "a vector" : "a matrix");
    }
    constexpr bool row = T::RowsAtCompileTime == 1;
    return row ? std::pair(Eigen::Index(1), size) : std::pair(size, Eigen::Index(1));
  }

  template <class To>
  static void resize(To& to, Eigen::Index rows, Eigen::Index columns, const Shape& shape) {
    if (to.rows() == rows && to.cols() == columns) {
      return;
    }
    const bool fits = (To::RowsAtCompileTime == Eigen::Dynamic || To::RowsAtCompileTime == rows) &&
                      (To::ColsAtCompileTime == Eigen::Dynamic || To::ColsAtCompileTime == columns);
    if constexpr (std::is_same_v<To, Owned>) {
      if (fits) {
        to.resize(rows, columns);
        return;
      }
    }
    throw_unfit(shape, to_string(Shape{std::size_t(to.rows()), std::size_t(to.cols())}));
  }
};

}  // namespace gradcheck
