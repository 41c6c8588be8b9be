#include <algorithm>
#include <functional>

#include <diagnose/seen.hpp>
#include <doctest/doctest.h>

#include <gradcheck/diagnose/ordering.hpp>

using namespace gradcheck;

namespace {

using Reorder = std::function<std::size_t(std::size_t)>;

/// The analytic entry i is the numeric entry from(i).
Observation reordered(const Shape& shape, const Reorder& from) {
  const Tensor numeric = seen::gradient(shape);
  Tensor analytic = numeric;
  for (std::size_t i = 0; i < numeric.size(); ++i) {
    analytic.data()[i] = numeric.data()[from(i)];
  }
  return seen::of(std::move(analytic), numeric);
}

/// What is said of it; with any one entry moved a little, nothing must be said.
std::string said_of(const Shape& shape, const Reorder& from) {
  const Observation seen = reordered(shape, from);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK_FALSE(other_order(seen::spoiled(seen, i)));
  }
  const std::optional<Pattern> pattern = other_order(seen);
  return pattern ? pattern->name + ": " + pattern->sentence : "";
}

}  // namespace

TEST_CASE("order: a transpose is seen, square or not, written either way round") {
  CHECK(said_of({3, 3}, [](std::size_t i) { return i % 3 * 3 + i / 3; }) ==
        "transposed: analytic = transpose of numeric");
  const std::string buffer =
      "transposed: analytic holds the numeric entries in the order of the transpose";
  CHECK(said_of({2, 4}, [](std::size_t i) { return i % 2 * 4 + i / 2; }) == buffer);
  CHECK(said_of({2, 4}, [](std::size_t i) { return i % 4 * 2 + i / 4; }) == buffer);
}

TEST_CASE("order: the axes of a tensor of three are seen permuted") {
  CHECK(said_of({2, 3, 4}, [](std::size_t i) { return i / 12 * 12 + i % 3 * 4 + i / 3 % 4; }) ==
        "transposed: analytic holds the numeric entries in the order of axes (0, 2, 1)");
}

TEST_CASE("order: rows and columns are seen shifted, reversed, exchanged or in any order") {
  CHECK(said_of({4, 3}, [](std::size_t i) { return (i + 9) % 12; }) ==
        "rows permuted: analytic row i = numeric row i - 1, cyclically: shifted");
  CHECK(said_of({4, 3}, [](std::size_t i) { return (3 - i / 3) * 3 + i % 3; }) ==
        "rows permuted: analytic has the rows of numeric in reverse order");
  CHECK(said_of({2, 4}, [](std::size_t i) { return i / 4 * 4 + (i + 1) % 4; }) ==
        "columns permuted: analytic column i = numeric column i + 1, cyclically: shifted");
  CHECK(said_of({2, 4}, [](std::size_t i) {
          constexpr std::size_t order[] = {0, 3, 2, 1};
          return i / 4 * 4 + order[i % 4];
        }) == "columns permuted: columns 1 and 3 are exchanged");
  CHECK(said_of({5, 2},
                [](std::size_t i) {
                  constexpr std::size_t order[] = {2, 0, 1, 4, 3};
                  return order[i / 2] * 2 + i % 2;
                }) ==
        "rows permuted: analytic has the rows of numeric in another order: row 0 is number 2, "
        "row 1 is number 0, ...");
}

TEST_CASE("order: entries are seen shifted or reversed through the rows") {
  CHECK(said_of({3, 4}, [](std::size_t i) { return (i + 1) % 12; }) ==
        "entries permuted: analytic entry i = numeric entry i + 1, cyclically: shifted");
  CHECK(said_of({3, 4}, [](std::size_t i) { return 11 - i; }) ==
        "entries permuted: analytic has the entries of numeric in reverse order");
  CHECK(said_of({2}, [](std::size_t i) { return 1 - i; }) ==
        "entries permuted: entries 0 and 1 are exchanged");
}

TEST_CASE("order: a row that is there twice is no order of rows") {
  const Observation seen = reordered({4, 3}, [](std::size_t i) { return i < 3 ? i + 3 : i; });
  CHECK_FALSE(other_order(seen));
}

TEST_CASE("order: a number alone has none") {
  CHECK_FALSE(other_order(seen::of(full<double>({}, 2), full<double>({}, 1))));
}
