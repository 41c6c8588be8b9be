#include <algorithm>
#include <cmath>
#include <cstddef>

#include <gradcheck/tensor/batch.hpp>
#include <gradcheck/tensor/elementary.hpp>

namespace gradcheck {

namespace {

/// y = f(x), a batch at a time; the last one is filled up with zeros.
template <class Function>
void each_batch(std::span<const double> x, std::span<double> y, Function f) {
  std::size_t i = 0;
  for (; i + Batch::size <= x.size(); i += Batch::size) {
    f(Batch::load_unaligned(x.data() + i)).store_unaligned(y.data() + i);
  }
  const std::size_t rest = x.size() - i;
  if (rest > 0) {
    double padded[Batch::size] = {};
    std::copy_n(x.data() + i, rest, padded);
    f(Batch::load_unaligned(padded)).store_unaligned(padded);
    std::copy_n(padded, rest, y.data() + i);
  }
}

template <class Real, class Function>
void each(std::span<const Real> x, std::span<Real> y, Function f) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = f(x[i]);
  }
}

}  // namespace

template <class Real>
void exp_each(std::span<const Real> x, std::span<Real> y) {
  if constexpr (vectorised<Real>) {
    each_batch(x, y, exp_batch);
  } else {
    each(x, y, [](Real v) { return std::exp(v); });
  }
}

template <class Real>
void log1p_each(std::span<const Real> x, std::span<Real> y) {
  if constexpr (vectorised<Real>) {
    each_batch(x, y, [](const Batch& v) { return xsimd::log1p(v); });
  } else {
    each(x, y, [](Real v) { return std::log1p(v); });
  }
}

template <class Real>
void tanh_each(std::span<const Real> x, std::span<Real> y) {
  if constexpr (vectorised<Real>) {
    each_batch(x, y, [](const Batch& v) { return xsimd::tanh(v); });
  } else {
    each(x, y, [](Real v) { return std::tanh(v); });
  }
}

template <class Real>
void logistic_each(std::span<const Real> x, std::span<Real> y) {
  if constexpr (vectorised<Real>) {
    each_batch(x, y, [](const Batch& v) {
      const Batch e = exp_batch(-xsimd::abs(v));
      return xsimd::select(v < Batch(0.0), e, Batch(1.0)) / (Batch(1.0) + e);
    });
  } else {
    each(x, y, [](Real v) {
      const Real e = std::exp(-std::abs(v));
      return (v < 0 ? e : Real(1)) / (1 + e);
    });
  }
}

template void exp_each(std::span<const float>, std::span<float>);
template void exp_each(std::span<const double>, std::span<double>);
template void exp_each(std::span<const long double>, std::span<long double>);
template void log1p_each(std::span<const float>, std::span<float>);
template void log1p_each(std::span<const double>, std::span<double>);
template void log1p_each(std::span<const long double>, std::span<long double>);
template void tanh_each(std::span<const float>, std::span<float>);
template void tanh_each(std::span<const double>, std::span<double>);
template void tanh_each(std::span<const long double>, std::span<long double>);
template void logistic_each(std::span<const float>, std::span<float>);
template void logistic_each(std::span<const double>, std::span<double>);
template void logistic_each(std::span<const long double>, std::span<long double>);

}  // namespace gradcheck
