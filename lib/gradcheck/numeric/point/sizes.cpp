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

long double typical(const LongTensor& t) {
  long double sum = 0;
  std::size_t count = 0;
  for (const long double x : entries(t)) {
    sum += std::abs(x);
    count += x != 0 ? 1 : 0;
  }
  return count == 0 ? 0 : sum / static_cast<long double>(count);
}

double mean_size(const Tensor& t) {
  double sum = 0;
  for (const double x : entries(t)) {
    sum += std::abs(x);
  }
  return t.size() == 0 || sum == 0 ? 1 : sum / static_cast<double>(t.size());
}

}  // namespace gradcheck
