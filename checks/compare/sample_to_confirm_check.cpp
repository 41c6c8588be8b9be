#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/compare/sample_to_confirm.hpp>

using namespace gradcheck;

namespace {

double severity(std::size_t i) { return static_cast<double>(i * 37 % 1000); }

std::vector<std::size_t> first(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

/// What is left of the first `count` entries.
std::vector<std::size_t> sample_of(std::size_t count, std::uint64_t seed) {
  SampleToConfirm sample(seed);
  std::vector<std::size_t> left_out;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto place = sample.add(i, severity(i))) {
      left_out.push_back(*place);
    }
  }
  CHECK(sample.added() == count);
  std::vector<std::size_t> all = sample.places();
  all.insert(all.end(), left_out.begin(), left_out.end());
  std::ranges::sort(all);
  CHECK(all == first(count));
  return sample.places();
}

}  // namespace

TEST_CASE("sample to confirm: up to 32 entries are all looked at") {
  CHECK(sample_of(0, 1).empty());
  CHECK(sample_of(32, 1) == first(32));
  CHECK(sample_of(33, 1).size() == 32);
}

TEST_CASE("sample to confirm: of more, the 16 worst and 16 others, each once, by the seed") {
  const std::vector<std::size_t> sample = sample_of(1000, 1);
  REQUIRE(sample.size() == 32);
  for (std::size_t i = 0; i < 1000; ++i) {
    CHECK((severity(i) < 984 || std::ranges::count(sample, i) == 1));
  }
  CHECK(std::ranges::adjacent_find(sample) == sample.end());
  CHECK(sample == sample_of(1000, 1));
  CHECK(sample != sample_of(1000, 2));
}
