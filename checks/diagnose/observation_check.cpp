#include <cmath>
#include <limits>

#include <diagnose/seen.hpp>
#include <doctest/doctest.h>

using namespace gradcheck;

TEST_CASE("fits: the tolerance is bound, rounding and rtol together, its end included") {
  Observation seen = seen::of(tensor_of({1}, std::vector<double>{2}), zeros<double>({1}));
  seen.rtol = 0;
  seen.rounding.data()[0] = 0.25;
  CHECK(fits(seen, 0, {1.5, 0.25}));
  CHECK_FALSE(fits(seen, 0, {1.5, 0.2499}));
  seen.rtol = 0.125;
  CHECK(fits(seen, 0, {1.5, 0}));
  CHECK_FALSE(fits(seen, 0, {1.49, 0}));
}

TEST_CASE("fits: what is not finite never does") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Observation seen = seen::of(full<double>({1}, 1), full<double>({1}, 1));
  CHECK(fits(seen, 0, {1, 0}));
  CHECK_FALSE(fits(seen, 0, {nan, 1}));
  CHECK_FALSE(fits(seen, 0, {1, infinity}));
  CHECK_FALSE(fits(seen, 0, {1, nan}));
  seen.rounding.data()[0] = nan;
  CHECK(fits(seen, 0, {1, 0}));
  for (const double a : {nan, infinity}) {
    seen.analytic.data()[0] = a;
    CHECK_FALSE(fits(seen, 0, {a, 1}));
  }
}

TEST_CASE("disagreeing entries are those that do not fit the numeric value") {
  Observation seen = seen::through(seen::gradient({2, 3}), [](double n) { return n; });
  CHECK(disagreeing_entries(seen).empty());
  seen.analytic.data()[4] *= 1 + 1e-6;
  CHECK(disagreeing_entries(seen) == std::vector<std::size_t>{4});
}
