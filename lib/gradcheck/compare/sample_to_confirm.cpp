#include <algorithm>
#include <random>

#include <gradcheck/compare/sample_to_confirm.hpp>

namespace gradcheck {

std::vector<std::size_t> sample_to_confirm(std::vector<std::size_t> disagreeing,
                                           const std::function<double(std::size_t)>& severity,
                                           std::uint64_t seed) {
  if (disagreeing.size() > 2 * looked_at_each) {
    const auto worse = [&](std::size_t a, std::size_t b) { return severity(a) > severity(b); };
    std::ranges::partial_sort(disagreeing, disagreeing.begin() + looked_at_each, worse);
    std::mt19937_64 random(seed);
    for (std::size_t k = looked_at_each; k < 2 * looked_at_each; ++k) {
      std::swap(disagreeing[k], disagreeing[k + random() % (disagreeing.size() - k)]);
    }
    disagreeing.resize(2 * looked_at_each);
  }
  return disagreeing;
}

}  // namespace gradcheck
