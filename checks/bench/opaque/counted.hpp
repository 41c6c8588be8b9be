#pragma once

#include <cstdint>

#include <gradcheck/gradcheck.hpp>

namespace gradcheck::bench {

/// What every layer here shares: how often it was called, and how wrong its gradients are.
struct Counted {
  std::uint64_t forwards = 0;
  std::uint64_t backwards = 0;
  double factor = 1;  ///< every gradient is so many times the right one

  /// The upstream that backward goes on with.
  Tensor upstream(const Tensor& dy) {
    ++backwards;
    return dy * factor;
  }
};

}  // namespace gradcheck::bench
