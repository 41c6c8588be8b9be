#include <algorithm>
#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

TEST_CASE("random: uniform entries come from the 64-bit Mersenne Twister's upper 53 bits") {
  // The 10,000th output of mt19937_64 with seed 5489 is 9981545732273789042 (C++ standard,
  // [rand.predef]).
  const Tensor t = random_uniform({10000}, 0, 1, 5489);
  CHECK(t.data()[9999] == std::ldexp(static_cast<double>(9981545732273789042ULL >> 11), -53));
}

TEST_CASE("random: the same seed gives the same tensor, another seed another") {
  CHECK(random_normal({5, 7}, 0, 1, 3) == random_normal({5, 7}, 0, 1, 3));
  CHECK(random_normal({5, 7}, 0, 1, 3) != random_normal({5, 7}, 0, 1, 4));
}

TEST_CASE("random: normal entries have the mean and the spread asked for") {
  const Tensor t = random_normal({100000}, 3, 2, 1);
  const double n = static_cast<double>(t.size());
  const double mean = std::accumulate(t.data(), t.data() + t.size(), 0.0) / n;
  const double square = std::inner_product(t.data(), t.data() + t.size(), t.data(), 0.0) / n;
  CHECK(std::abs(mean - 3) < 0.03);
  CHECK(std::abs(std::sqrt(square - mean * mean) - 2) < 0.03);
}

TEST_CASE("random: integers lie from low to high, high excluded, and all occur") {
  const Tensor t = random_integers({1000}, -2, 3, 1);
  for (int k = -2; k < 3; ++k) {
    CHECK(std::ranges::count(entries(t), k) > 100);
  }
  CHECK(std::ranges::all_of(entries(t),
                            [](double x) { return x >= -2 && x < 3 && x == std::floor(x); }));
}

TEST_CASE("random: shapes that are too large are refused before anything is drawn") {
  CHECK_THROWS_AS(random_uniform({std::size_t{1} << 40}, 0, 1, 1), ShapeError);
}
