#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/numeric/point/sizes.hpp>

using namespace gradcheck;

TEST_CASE("sizes: the scale of a tensor does not depend on its zeros") {
  Tensor sparse = zeros<double>({100});
  sparse(7) = -3;
  sparse(9) = 1;
  CHECK(typical_size<double>(sparse) == 2);
  CHECK(scale_of<double>(sparse) == 2);
}

TEST_CASE("sizes: what is not finite does not count") {
  const Tensor t{std::numeric_limits<double>::infinity(), std::nan(""), 4, -2};
  CHECK(typical_size<double>(t) == 3);
}

TEST_CASE("sizes: a tensor without a size of its own is moved on a scale of 1") {
  CHECK(typical_size<double>(zeros<double>({3})) == 0);
  CHECK(scale_of<double>(zeros<double>({3})) == 1);
  CHECK(scale_of<double>(zeros<double>({0})) == 1);
  CHECK(largest(zeros<long double>({0})) == 0);
}
