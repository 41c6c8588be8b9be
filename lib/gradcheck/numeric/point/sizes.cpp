#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/point/sizes.hpp>

namespace gradcheck {

long double largest(const LongTensor& t) {
  long double result = 0;
  for (const long double x : entries(t)) {
    result = std::max(result, std::abs(x));
  }
  return result;
}

template <class Real>
Real typical_size(const TensorOf<Real>& t) {
  Real sum = 0;
  std::size_t count = 0;
  for (const Real x : entries(t)) {
    const bool counts = x != 0 && std::isfinite(x);
    sum += counts ? std::abs(x) : 0;
    count += counts ? 1 : 0;
  }
  return count == 0 ? 0 : sum / static_cast<Real>(count);
}

template <class Real>
Real scale_of(const TensorOf<Real>& t) {
  const Real size = typical_size(t);
  return size > 0 ? size : 1;
}

template double typical_size(const Tensor&);
template long double typical_size(const LongTensor&);
template double scale_of(const Tensor&);
template long double scale_of(const LongTensor&);

}  // namespace gradcheck
