#include <functional>
#include <limits>

#include <diagnose/seen.hpp>
#include <doctest/doctest.h>

#include <gradcheck/diagnose/region.hpp>

using namespace gradcheck;

namespace {

/// Wrong by that rule where `inside`.
Observation wrong_where(const Shape& shape, const std::function<bool(std::size_t)>& inside,
                        const std::function<double(double)>& rule) {
  Observation seen = seen::through(seen::gradient(shape), [](double n) { return n; });
  for (std::size_t i = 0; i < seen.size(); ++i) {
    double& a = seen.analytic.data()[i];
    a = inside(i) ? rule(a) : a;
  }
  return seen;
}

std::string said_of(const Observation& seen, const std::vector<Condition>& conditions = {}) {
  const std::optional<Pattern> pattern = wrong_region(seen, {}, conditions);
  return pattern ? pattern->name + ": " + pattern->sentence : "";
}

double twice(double n) { return 2 * n; }
double squared(double n) { return n * n; }

}  // namespace

TEST_CASE("region: one entry is named, with what it is of the numeric one") {
  CHECK(said_of(wrong_where(
            {3, 4}, [](std::size_t i) { return i == 6; }, twice)) ==
        "one entry: only [1, 2]: analytic = 2 * numeric there, the others agree");
  CHECK(said_of(wrong_where(
            {3, 4}, [](std::size_t i) { return i == 6; }, [](double) { return 0; })) ==
        "one entry: only [1, 2]: analytic = 0 there, the others agree");
}

TEST_CASE("region: a row, a column or a slice is named") {
  const auto row = [](std::size_t i) { return i / 4 == 1; };
  const auto column = [](std::size_t i) { return i % 4 == 3; };
  CHECK(said_of(wrong_where({3, 4}, row, twice)) ==
        "one row: only row 1: analytic = 2 * numeric there, the others agree");
  CHECK(said_of(wrong_where({3, 4}, row, squared)) == "one row: only row 1, the others agree");
  CHECK(said_of(wrong_where({3, 4}, column, squared)) ==
        "one column: only column 3, the others agree");
  CHECK(said_of(wrong_where(
            {2, 3, 4}, [](std::size_t i) { return i / 4 % 3 == 2; }, squared)) ==
        "one slice: only [:, 2, :], the others agree");
}

TEST_CASE("region: all but one entry of a row is not the row") {
  const auto most = [](std::size_t i) { return i / 4 == 1 && i != 5; };
  CHECK(said_of(wrong_where({3, 4}, most, squared)) == "");
  CHECK(said_of(wrong_where({3, 4}, most, twice)) ==
        "some entries: analytic = 2 * numeric at 3 of 12 entries, the others agree");
}

TEST_CASE("region: an entry of the row where the rule changes nothing belongs to it") {
  Observation seen = wrong_where(
      {3, 4}, [](std::size_t i) { return i / 4 == 1; }, twice);
  seen.analytic.data()[5] = seen.numeric.data()[5] = 0;
  CHECK(said_of(seen) == "one row: only row 1: analytic = 2 * numeric there, the others agree");
}

TEST_CASE("region: the border, the first and the last are named") {
  const auto border = [](std::size_t i) {
    return i / 5 == 0 || i / 5 == 3 || i % 5 == 0 || i % 5 == 4;
  };
  CHECK(said_of(wrong_where({4, 5}, border, squared)) ==
        "border: only the border, the others agree");
  CHECK(said_of(wrong_where(
            {4, 5}, [&](std::size_t i) { return border(i) && i != 9; }, squared)) == "");
  CHECK(said_of(wrong_where(
            {5, 3}, [](std::size_t i) { return i >= 9; }, squared)) ==
        "last block: only the last 2 rows, the others agree");
  CHECK(said_of(wrong_where(
            {5, 3}, [](std::size_t i) { return i >= 8; }, squared)) ==
        "last block: only the last 7 entries, the others agree");
  CHECK(said_of(wrong_where(
            {7}, [](std::size_t i) { return i < 3; }, squared)) ==
        "first block: only the first 3 entries, the others agree");
  CHECK(said_of(wrong_where(
            {7}, [](std::size_t i) { return i < 3 && i != 1; }, squared)) == "");
}

TEST_CASE("region: the entries of a condition are named by it, all or none") {
  const auto odd = [](std::size_t i) { return i % 3 == 1; };
  Condition condition{"where x < 0", {}};
  for (std::size_t i = 0; i < 12; ++i) {
    condition.holds.push_back(odd(i));
  }
  const Observation seen = wrong_where({12}, odd, squared);
  CHECK(said_of(seen, {condition}) ==
        "some entries: only the entries where x < 0, the others agree");
  condition.holds[0] = true;
  CHECK(said_of(seen, {condition}) == "");
}

TEST_CASE("region: nothing is said where all agree or all are wrong") {
  CHECK(said_of(wrong_where(
            {3, 4}, [](std::size_t) { return false; }, twice)) == "");
  CHECK(said_of(wrong_where(
            {3, 4}, [](std::size_t) { return true; }, squared)) == "");
}

TEST_CASE("region: rows that were never written are told so") {
  const auto nan = [](double) { return std::numeric_limits<double>::quiet_NaN(); };
  CHECK(said_of(wrong_where(
            {4, 3}, [](std::size_t i) { return i / 3 == 2; }, nan)) ==
        "one row: only row 2: analytic is NaN there, the others agree");
}
