#include <array>
#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/tensor.hpp>

using namespace gradcheck;

TEST_CASE("tensor: shapes and indices print as NumPy prints them") {
  CHECK(to_string(Shape{}) == "()");
  CHECK(to_string(Shape{4}) == "(4,)");
  CHECK(to_string(Shape{2, 3}) == "(2, 3)");
  CHECK(index_text({2, 3}, 5) == "[1, 2]");
  CHECK(index_text({}, 0) == "");
  CHECK(unravel({2, 3, 4}, 23) == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("tensor: the number of entries is the product of the extents") {
  CHECK(entries_of({}) == 1);
  CHECK(entries_of({2, 3}) == 6);
  CHECK(entries_of({std::size_t{1} << 40, 0}) == 0);
  CHECK(entries_of({max_entries}) == max_entries);
}

TEST_CASE("tensor: shapes that are too large are refused, without overflow") {
  CHECK_THROWS_AS(entries_of({max_entries + 1}), ShapeError);
  CHECK_THROWS_AS(entries_of({std::size_t{1} << 40, std::size_t{1} << 40}), ShapeError);
  CHECK_THROWS_AS(entries_of(Shape(max_rank + 1, 1)), ShapeError);
  CHECK_THROWS_WITH(entries_of({std::size_t{1} << 20, std::size_t{1} << 20}),
                    "tensor: it has shape (1048576, 1048576), expected at most 134217728 entries");
}

TEST_CASE("tensor: the largest size of an entry is NaN where one is NaN, wherever it stands") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(max_abs(tensor_of({3}, std::array{1.0, -3.0, 2.0})) == 3);
  CHECK(max_abs(tensor_of({0}, {})) == 0);
  for (const std::array<double, 3>& t :
       {std::array{nan, 1.0, 2.0}, {1.0, nan, 2.0}, {1.0, 2.0, nan}}) {
    CHECK(std::isnan(max_abs(tensor_of({3}, t))));
    CHECK_FALSE(all_finite(tensor_of({3}, t)));
  }
  CHECK_FALSE(all_finite(full<double>({2}, std::numeric_limits<double>::infinity())));
  CHECK(all_finite(full<double>({2}, -0.0)));
}

TEST_CASE("tensor: a list of another length than the shape says is refused") {
  CHECK_THROWS_AS(tensor_of({2, 2}, std::array{1.0, 2.0, 3.0}), ShapeError);
}
