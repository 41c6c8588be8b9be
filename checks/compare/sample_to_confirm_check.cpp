#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/compare/sample_to_confirm.hpp>

using namespace gradcheck;

namespace {

std::vector<std::size_t> first(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

double severity(std::size_t i) { return static_cast<double>(i * 37 % 1000); }

}  // namespace

TEST_CASE("sample to confirm: up to 32 entries are all looked at") {
  CHECK(sample_to_confirm({}, severity, 1).empty());
  CHECK(sample_to_confirm(first(32), severity, 1) == first(32));
  CHECK(sample_to_confirm(first(33), severity, 1).size() == 32);
}

TEST_CASE("sample to confirm: of more, the 16 worst and 16 others, each once, by the seed") {
  const std::vector<std::size_t> sample = sample_to_confirm(first(1000), severity, 1);
  REQUIRE(sample.size() == 32);
  for (std::size_t k = 0; k < 16; ++k) {
    CHECK(severity(sample[k]) >= 984);
  }
  std::vector<std::size_t> sorted = sample;
  std::ranges::sort(sorted);
  CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
  CHECK(sample == sample_to_confirm(first(1000), severity, 1));
  CHECK(sample != sample_to_confirm(first(1000), severity, 2));
}
