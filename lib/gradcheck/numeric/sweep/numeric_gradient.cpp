#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

namespace {

/// A sum of many roundings is taken to be off by at most this many of its standard deviations, each
/// rounding's being at most its rounding error.
constexpr long double deviations = 2;

/// Widths of so many units of an operand are no more than what rounds anyway.
constexpr double rounding_error_units = 4;

/// Squares that are made at once: they fit a cache.
constexpr std::size_t squared_at_once = std::size_t{1} << 14;

/// The variance of a value's derivatives once each of them has been multiplied by something: each
/// product rounds by one unit.
template <class Real>
Tensor of_products(const NumericGradient<Real>& derivatives) {
  const double unit = static_cast<double>(machine_epsilon<Real>());
  Tensor variance = derivatives.variance;
  for (std::size_t i = 0; i < variance.size(); ++i) {
    const double product = unit * static_cast<double>(derivatives.value.data()[i]);
    variance.data()[i] += product * product;
  }
  return variance;
}

Tensor squares(const Tensor& t) {
  return map(t, [](double c) { return c * c; });
}

/// Whether an operand is off by more than the rounding of the products that it stands in.
template <class Real>
bool uncertain(const Operand<Real>& operand) {
  const double unit = rounding_error_units * machine_epsilon<double>();
  for (std::size_t i = 0; i < operand.rounding_error.size(); ++i) {
    const double size = static_cast<double>(std::abs(operand.value.data()[i]));
    if (operand.rounding_error.data()[i] > unit * size) {
      return true;
    }
  }
  return false;
}

Estimate estimate_of(long double value, long double coarser, double variance) {
  return {value, std::abs(value - coarser), deviations * std::sqrt(variance)};
}

}  // namespace

template <class Real>
Estimate NumericGradient<Real>::estimate(std::size_t entry) const {
  return estimate_of(value.data()[entry], coarser.data()[entry], variance.data()[entry]);
}

template <class Real>
Estimate NumericGradient<Real>::along(const Tensor& direction) const {
  long double sum = 0, coarser_sum = 0;
  double sum_variance = 0;
  for (std::size_t i = 0; i < direction.size(); ++i) {
    const double d = direction.data()[i];
    sum += static_cast<long double>(d) * value.data()[i];
    coarser_sum += static_cast<long double>(d) * coarser.data()[i];
    sum_variance += d * d * variance.data()[i];
  }
  return estimate_of(sum, coarser_sum, sum_variance);
}

template <class Real>
NumericGradient<Real> zero_gradient(const Shape& shape) {
  return {zeros<Real>(shape), zeros<Real>(shape), zeros<double>(shape)};
}

template <class Real>
void add(NumericGradient<Real>& sum, const NumericGradient<Real>& term) {
  for (std::size_t i = 0; i < sum.value.size(); ++i) {
    sum.value.data()[i] += term.value.data()[i];
    sum.coarser.data()[i] += term.coarser.data()[i];
    sum.variance.data()[i] += term.variance.data()[i];
  }
}

template <class Real>
ProductGradient<Real>::ProductGradient(const NumericGradient<Real>& z, const Operand<Real>& other,
                                       const Shape& shape, Of of)
    : z_(z), other_(other), of_(of), rounding_(of_products(z)), uncertain_(uncertain(other)) {
  const std::size_t size = entries_of(shape);
  columns_ = of == Of::left ? shape.back() : size / std::max<std::size_t>(shape.front(), 1);
  rows_ = of == Of::left ? size / std::max<std::size_t>(columns_, 1) : shape.front();
  inner_ = of == Of::left ? z.value.size() / std::max<std::size_t>(rows_, 1)
                          : z.value.size() / std::max<std::size_t>(columns_, 1);
  if (uncertain_) {
    squares_ = squares(cast<double>(z.value));
  }
}

/// The factors of the gradient: (rows, inner) and (inner, columns).
template <class Real>
template <class T>
MatrixView<T> ProductGradient<Real>::left(const T* of_z, const T* of_other) const {
  return of_ == Of::left ? MatrixView<T>(of_z, rows_, inner_)
                         : MatrixView<T>(of_other, inner_, rows_).transposed();
}
template <class Real>
template <class T>
MatrixView<T> ProductGradient<Real>::right(const T* of_z, const T* of_other) const {
  return of_ == Of::left ? MatrixView<T>(of_other, columns_, inner_).transposed()
                         : MatrixView<T>(of_z, inner_, columns_);
}

template <class Real>
NumericGradient<Real> ProductGradient<Real>::block(std::size_t first, std::size_t count) const {
  const Shape shape{count, columns_};
  NumericGradient<Real> found{empty<Real>(shape), empty<Real>(shape), zeros<double>(shape)};
  const Real* const other = other_.value.data();
  const auto times = [&](const TensorOf<Real>& z, TensorOf<Real>& product) {
    multiply(left(z.data(), other).block(first, count), right(z.data(), other), product.data(),
             columns_);
  };
  times(z_.value, found.value);
  times(z_.coarser, found.coarser);
  add_variance(rounding_, false, first, found.variance);
  if (uncertain_) {
    add_variance(squares_, true, first, found.variance);
  }
  return found;
}

/// Σ of_z · f², f the other operand or its rounding errors, whose squares are made for some columns
/// or rows at a time.
template <class Real>
void ProductGradient<Real>::add_variance(const Tensor& of_z, bool of_other_errors,
                                         std::size_t first, Tensor& variance) const {
  const std::size_t count = columns_ == 0 ? 0 : variance.size() / columns_;
  const auto square = [&](std::size_t i) {
    const double f = of_other_errors ? other_.rounding_error.data()[i]
                                     : static_cast<double>(other_.value.data()[i]);
    return f * f;
  };
  Tensor product = empty_like(variance);
  if (of_ == Of::right) {
    Tensor squared = empty<double>({inner_, count});
    for (std::size_t n = 0; n < inner_; ++n) {
      for (std::size_t i = 0; i < count; ++i) {
        squared.data()[n * count + i] = square(n * rows_ + first + i);
      }
    }
    multiply(MatrixView<double>(squared.data(), inner_, count).transposed(),
             MatrixView<double>(of_z.data(), inner_, columns_), product.data(), columns_);
  } else {
    const std::size_t most = std::max<std::size_t>(squared_at_once / std::max(inner_, 1ul), 1);
    for (std::size_t from = 0; from < columns_; from += most) {
      const std::size_t width = std::min(most, columns_ - from);
      Tensor squared = empty<double>({width, inner_});
      for (std::size_t i = 0; i < squared.size(); ++i) {
        squared.data()[i] = square(from * inner_ + i);
      }
      multiply(MatrixView<double>(of_z.data(), rows_, inner_).block(first, count),
               MatrixView<double>(squared.data(), width, inner_).transposed(),
               product.data() + from, columns_);
    }
  }
  for (std::size_t i = 0; i < variance.size(); ++i) {
    variance.data()[i] += product.data()[i];
  }
}

template <class Real>
Estimate ProductGradient<Real>::estimate(std::size_t entry) const {
  const std::size_t row = entry / columns_, column = entry % columns_;
  Real value = 0, coarser = 0;
  double variance = 0;
  for (std::size_t n = 0; n < inner_; ++n) {
    const std::size_t i = of_ == Of::left ? row * inner_ + n : n * columns_ + column;
    const std::size_t o = of_ == Of::left ? column * inner_ + n : n * rows_ + row;
    const Real factor = other_.value.data()[o];
    value += factor * z_.value.data()[i];
    coarser += factor * z_.coarser.data()[i];
    const double off = other_.rounding_error.data()[o] * static_cast<double>(z_.value.data()[i]);
    variance += static_cast<double>(factor * factor) * rounding_.data()[i] + off * off;
  }
  return estimate_of(value, coarser, variance);
}

template <class Real>
NumericGradient<Real> through_broadcast(const NumericGradient<Real>& z, double derivative,
                                        const Shape& shape) {
  const auto scaled = []<class T>(const TensorOf<T>& t, T factor) {
    return map(t, [factor](T x) { return factor * x; });
  };
  return {scaled(sum_to(z.value, shape), Real(derivative)),
          scaled(sum_to(z.coarser, shape), Real(derivative)),
          scaled(sum_to(of_products(z), shape), derivative * derivative)};
}

template <class Real>
NumericGradient<Real> through_sum(const NumericGradient<Real>& z, double derivative,
                                  const Shape& kept, const Shape& shape) {
  const auto spread = [&]<class T>(const TensorOf<T>& t, T factor) {
    return broadcast_to(map(reshaped(t, kept), [factor](T x) { return factor * x; }), shape);
  };
  return {spread(z.value, Real(derivative)), spread(z.coarser, Real(derivative)),
          spread(of_products(z), derivative * derivative)};
}

template struct NumericGradient<double>;
template struct NumericGradient<long double>;
template NumericGradient<double> zero_gradient(const Shape&);
template NumericGradient<long double> zero_gradient(const Shape&);
template void add(NumericGradient<double>&, const NumericGradient<double>&);
template void add(NumericGradient<long double>&, const NumericGradient<long double>&);
template class ProductGradient<double>;
template class ProductGradient<long double>;
template NumericGradient<double> through_broadcast(const NumericGradient<double>&, double,
                                                   const Shape&);
template NumericGradient<long double> through_broadcast(const NumericGradient<long double>&, double,
                                                        const Shape&);
template NumericGradient<double> through_sum(const NumericGradient<double>&, double, const Shape&,
                                             const Shape&);
template NumericGradient<long double> through_sum(const NumericGradient<long double>&, double,
                                                  const Shape&, const Shape&);

}  // namespace gradcheck
