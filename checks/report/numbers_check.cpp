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

TEST_CASE("numbers: times have three digits in the unit that suits them") {
  CHECK(duration_text(0) == "0 µs");
  CHECK(duration_text(34e-6) == "34 µs");
  CHECK(duration_text(0.9994e-3) == "999 µs");
  CHECK(duration_text(0.99951e-3) == "1 ms");
  CHECK(duration_text(0.0123) == "12.3 ms");
  CHECK(duration_text(0.25) == "250 ms");
  CHECK(duration_text(1.25) == "1.25 s");
  CHECK(duration_text(12.34) == "12.3 s");
  CHECK(duration_text(12345) == "12345 s");
}

TEST_CASE("numbers: rates have three digits and a prefix") {
  CHECK(rate_text(0.25) == "0.25/s");
  CHECK(rate_text(999.4) == "999/s");
  CHECK(rate_text(999.5) == "1k/s");
  CHECK(rate_text(13345) == "13.3k/s");
  CHECK(rate_text(1.25e6) == "1.25M/s");
  CHECK(rate_text(2e16) == "2e+04T/s");
}
