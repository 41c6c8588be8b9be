#pragma once
// The one place that knows where xtensor keeps its headers (moved into subfolders in 0.26).

#if defined(__FAST_MATH__)
#error "gradcheck needs IEEE arithmetic: build without -ffast-math"
#endif

#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xarray.hpp>
#endif
