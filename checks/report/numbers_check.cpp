#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradcheck/report/numbers.hpp>

using namespace gradcheck;

TEST_CASE("numbers: values read well") {
  CHECK(number_text(0.96) == "0.96");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(39760123) == "39760123");
  CHECK(number_text(1e15) == "1e+15");
  CHECK(number_text(1.0 / 3) == "0.333333");
  CHECK(number_text(1.0 / 3, 10) == "0.3333333333");
  CHECK(magnitude_text(0) == "0");
  CHECK(magnitude_text(3.14e-12) == "3.1e-12");
}

TEST_CASE("numbers: what is not finite has the names of the JSON schema") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(number_text(infinity) == "Infinity");
  CHECK(number_text(-infinity) == "-Infinity");
  CHECK(magnitude_text(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("numbers: two values are written with the digits that tell them apart") {
  using Pair = std::pair<std::string, std::string>;
  CHECK(told_apart(-0.44, -0.94) == Pair{"-0.44", "-0.94"});
  CHECK(told_apart(0.1, 0.1) == Pair{"0.1", "0.1"});
  CHECK(told_apart(0.123456789, 0.1234567) == Pair{"0.12345679", "0.1234567"});
  const double next = std::nextafter(1.1, 2);
  const auto [a, b] = told_apart(1.1, next);
  CHECK(a != b);
  CHECK(told_apart(0, 0) == Pair{"0", "0"});
  CHECK(told_apart(1, std::numeric_limits<double>::infinity()) == Pair{"1", "Infinity"});
}

TEST_CASE("numbers: counts have commas and the right noun") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(counted(1, "entry", "entries") == "1 entry");
  CHECK(counted(2, "entry", "entries") == "2 entries");
}
