#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include <xsimd/xsimd.hpp>

/// As many numbers as the processor takes at a time; for the sources in this folder alone.
namespace gradcheck {

using Batch = xsimd::batch<double>;

/// Narrower batches are slower than the C library's functions.
constexpr std::size_t least_batch = 4;

template <class Real>
constexpr bool vectorised = std::is_same_v<Real, double>&& Batch::size >= least_batch;

/// Below, eˣ is near or among the numbers without all of their digits, which xsimd takes for 0.
constexpr double least_exponent = -708;

inline Batch exp_batch(const Batch& x) {
  const Batch y = xsimd::exp(x);
  if (!xsimd::any(x < Batch(least_exponent))) {
    return y;
  }
  double in[Batch::size], out[Batch::size];
  x.store_unaligned(in);
  y.store_unaligned(out);
  for (std::size_t i = 0; i < Batch::size; ++i) {
    out[i] = in[i] < least_exponent ? std::exp(in[i]) : out[i];
  }
  return Batch::load_unaligned(out);
}

}  // namespace gradcheck
