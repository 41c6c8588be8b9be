#include <algorithm>
#include <random>

#include <gradcheck/compare/sample_to_confirm.hpp>

namespace gradcheck {

namespace {

constexpr std::size_t of_each_kind = 16;

}  // namespace

std::vector<std::size_t> sample_to_confirm(std::vector<std::size_t> disagreeing,
                                           const std::function<double(std::size_t)>& severity,
                                           std::uint64_t seed) {
  if (disagreeing.size() > 2 * of_each_kind) {
    const auto worse = [&](std::size_t a, std::size_t b) { return severity(a) > severity(b); };
    std::ranges::partial_sort(disagreeing, disagreeing.begin() + of_each_kind, worse);
    std::mt19937_64 random(seed);
    for (std::size_t k = of_each_kind; k < 2 * of_each_kind; ++k) {
      std::swap(disagreeing[k], disagreeing[k + random() % (disagreeing.size() - k)]);
    }
    disagreeing.resize(2 * of_each_kind);
  }
  return disagreeing;
}

}  // namespace gradcheck
