#include <cmath>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/sweep/numeric_gradient.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>

namespace gradcheck {

namespace {

/// A sum of many roundings is taken to be off by at most this many of its standard deviations, each
/// rounding's being at most its rounding error.
constexpr long double deviations = 2;

/// Widths of so many units of an operand are no more than what rounds anyway.
constexpr double rounding_error_units = 4;

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

/// The leading axes of both operands of a product made rows of a matrix.
template <class Real>
TensorOf<Real> as_matrix(const TensorOf<Real>& t, std::size_t columns) {
  return reshaped(t, {columns == 0 ? 0 : t.size() / columns, columns});
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
NumericGradient<Real> through_left_operand(const NumericGradient<Real>& z, const Operand<Real>& b,
                                           const Shape& shape) {
  const std::size_t inner = shape.back();
  const std::size_t columns = b.value.size() / inner;
  const auto transposed = [&]<class T>(const TensorOf<T>& t) {
    return swap_last_axes(reshaped(t, {inner, columns}));
  };
  const auto times = [&]<class T>(const TensorOf<T>& g, const TensorOf<T>& matrix) {
    return reshaped(matmul(as_matrix(g, columns), matrix), shape);
  };
  const TensorOf<Real> right = transposed(b.value);
  Tensor variance = times(of_products(z), squares(cast<double>(right)));
  if (uncertain(b)) {
    const Tensor off = times(squares(cast<double>(z.value)), squares(transposed(b.rounding_error)));
    variance = map2(variance, off, [](double u, double v) { return u + v; });
  }
  return {times(z.value, right), times(z.coarser, right), std::move(variance)};
}

template <class Real>
NumericGradient<Real> through_right_operand(const NumericGradient<Real>& z, const Operand<Real>& a,
                                            const Shape& shape) {
  const std::size_t inner = shape.front();
  const std::size_t columns = entries_of(shape) / inner;
  const auto transposed = [&]<class T>(const TensorOf<T>& t) {
    return swap_last_axes(as_matrix(t, inner));
  };
  const auto times = [&]<class T>(const TensorOf<T>& matrix, const TensorOf<T>& g) {
    return reshaped(matmul(matrix, as_matrix(g, columns)), shape);
  };
  const TensorOf<Real> left = transposed(a.value);
  Tensor variance = times(squares(cast<double>(left)), of_products(z));
  if (uncertain(a)) {
    const Tensor off = times(squares(transposed(a.rounding_error)), squares(cast<double>(z.value)));
    variance = map2(variance, off, [](double u, double v) { return u + v; });
  }
  return {times(left, z.value), times(left, z.coarser), std::move(variance)};
}

template <class Real>
std::vector<Estimate> through_right_operand(const NumericGradient<Real>& z, const Operand<Real>& a,
                                            const Shape& shape,
                                            const std::vector<std::size_t>& entries) {
  const std::size_t inner = shape.front();
  const std::size_t columns = entries_of(shape) / inner;
  const std::size_t rows = inner == 0 ? 0 : a.value.size() / inner;
  const Tensor rounding = of_products(z);
  std::vector<Estimate> found;
  for (const std::size_t entry : entries) {
    Real value = 0, coarser = 0;
    double variance = 0;
    for (std::size_t n = 0; n < rows; ++n) {
      const std::size_t from = n * inner + entry / columns;
      const std::size_t i = n * columns + entry % columns;
      const Real factor = a.value.data()[from];
      value += factor * z.value.data()[i];
      coarser += factor * z.coarser.data()[i];
      const double off = a.rounding_error.data()[from] * static_cast<double>(z.value.data()[i]);
      variance += static_cast<double>(factor * factor) * rounding.data()[i] + off * off;
    }
    found.push_back(estimate_of(value, coarser, variance));
  }
  return found;
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
template NumericGradient<double> through_left_operand(const NumericGradient<double>&,
                                                      const Operand<double>&, const Shape&);
template NumericGradient<long double> through_left_operand(const NumericGradient<long double>&,
                                                           const Operand<long double>&,
                                                           const Shape&);
template NumericGradient<double> through_right_operand(const NumericGradient<double>&,
                                                       const Operand<double>&, const Shape&);
template NumericGradient<long double> through_right_operand(const NumericGradient<long double>&,
                                                            const Operand<long double>&,
                                                            const Shape&);
template std::vector<Estimate> through_right_operand(const NumericGradient<double>&,
                                                     const Operand<double>&, const Shape&,
                                                     const std::vector<std::size_t>&);
template std::vector<Estimate> through_right_operand(const NumericGradient<long double>&,
                                                     const Operand<long double>&, const Shape&,
                                                     const std::vector<std::size_t>&);
template NumericGradient<double> through_broadcast(const NumericGradient<double>&, double,
                                                   const Shape&);
template NumericGradient<long double> through_broadcast(const NumericGradient<long double>&, double,
                                                        const Shape&);
template NumericGradient<double> through_sum(const NumericGradient<double>&, double, const Shape&,
                                             const Shape&);
template NumericGradient<long double> through_sum(const NumericGradient<long double>&, double,
                                                  const Shape&, const Shape&);

}  // namespace gradcheck
