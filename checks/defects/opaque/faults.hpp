#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <defects/opaque/body.hpp>

namespace gradcheck::defects::opaque {

/// Errors that suit every layer, planted in what backward returns:
///
///   sign, factor 2, zero      all gradients
///   1 %, 0.1 %                all gradients, that much too large
///   one entry                 the largest entry of the first tensor, a tenth too small
///   one place on              the first tensor's entries one place on
///   last tensor's sign        of several
///
/// Every other name is the layer's own affair.
inline const std::vector<Fault>& elementwise_faults() {
  static const std::vector<Fault> all{"sign", "factor 2", "1 %", "0.1 %", "one entry"};
  return all;
}

template <class T>
void scale(Arrays<T>& gradients, double factor) {
  for (Array<T>& gradient : gradients) {
    gradient = map(gradient, [&](T each) { return static_cast<T>(each * static_cast<T>(factor)); });
  }
}

template <class T>
T& largest(Array<T>& x) {
  return *std::max_element(x.numbers.begin(), x.numbers.end(),
                           [](T a, T b) { return std::abs(a) < std::abs(b); });
}

template <class T>
Arrays<T> planted(Arrays<T> gradients, const Fault& fault) {
  if (fault == "sign") {
    scale(gradients, -1);
  } else if (fault == "factor 2") {
    scale(gradients, 2);
  } else if (fault == "zero") {
    scale(gradients, 0);
  } else if (fault == "1 %") {
    scale(gradients, 1.01);
  } else if (fault == "0.1 %") {
    scale(gradients, 1.001);
  } else if (fault == "one entry") {
    largest(gradients[0]) *= static_cast<T>(0.9);
  } else if (fault == "one place on") {
    std::vector<T>& numbers = gradients[0].numbers;
    std::rotate(numbers.begin(), numbers.begin() + 1, numbers.end());
  } else if (fault == "last tensor's sign") {
    gradients.back() = map(gradients.back(), [](T each) { return -each; });
  }
  return gradients;
}

/// All gradients of a layer with an error planted, or none.
template <class T>
Arrays<T> gradients_of(const Arithmetic<T>& body, const Arrays<T>& dy, const Arrays<T>& x,
                       const Fault& fault) {
  return planted(body.backward(dy, x, fault), fault);
}

}  // namespace gradcheck::defects::opaque
