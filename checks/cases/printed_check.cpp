#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/cases/printed.hpp>

using namespace gradcheck;

TEST_CASE("printed: a decimal is as precise as half a unit of its last digit") {
  struct Row {
    std::string text;
    double value;
    double half_unit;
    int digits;
  };
  for (const Row& row : std::vector<Row>{
           {"0.96", 0.96, 0.005, 2},
           {"-3.13", -3.13, 0.005, 3},
           {"2.50", 2.5, 0.005, 3},
           {"1e-3", 1e-3, 0.0005, 1},
           {"1.50e2", 150, 0.5, 3},
           {"1e3", 1000, 500, 1},
           {"1E+3", 1000, 500, 1},
           {"+0.5", 0.5, 0.05, 1},
           {".5", 0.5, 0.05, 1},
           {"15.", 15, 0.5, 2},
           {"0.0050", 0.005, 5e-5, 2},
           {"0.0", 0, 0.05, 1},
           {"-0.00", -0.0, 0.005, 1},
           {"1_000.5", 1000.5, 0.05, 5},
           {"100.0", 100, 0.05, 4},
           {"8.9085", 8.9085, 5e-5, 5},
           {"2e-300", 2e-300, 5e-301, 1},
       }) {
    CAPTURE(row.text);
    const auto printed = read_printed(row.text);
    REQUIRE(printed.has_value());
    CHECK(printed->text == row.text);
    CHECK(printed->value == row.value);
    CHECK(printed->half_unit == row.half_unit);
    CHECK(printed->digits == row.digits);
  }
}

TEST_CASE("printed: an integer is exact") {
  struct Row {
    std::string text;
    double value;
    int digits;
  };
  for (const Row& row : std::vector<Row>{{"15", 15, 2},
                                         {"-7", -7, 1},
                                         {"+7", 7, 1},
                                         {"0", 0, 1},
                                         {"-0", 0, 1},
                                         {"100", 100, 3},
                                         {"1_000", 1000, 4}}) {
    CAPTURE(row.text);
    const auto printed = read_printed(row.text);
    REQUIRE(printed.has_value());
    CHECK(printed->value == row.value);
    CHECK(printed->half_unit == 0);
    CHECK(printed->digits == row.digits);
  }
}

TEST_CASE("printed: what is no number that a double holds is refused") {
  for (const std::string& text :
       std::vector<std::string>{"",     "-",     "+",      ".",      "-.",    "e3",
                                "1e",   "1e+",   "1e+-3",  "1e--3",  "1.2.3", "1x",
                                "x",    " 1",    "1 ",     "1_",     "_1",    "1__0",
                                "1._5", "--1",   "+-1",    "0x10",   "nan",   "inf",
                                "-inf", "1e999", "-1e999", "1e-999", "0e400", "1e99999999999",
                                "1,5"}) {
    CAPTURE(text);
    CHECK(!read_printed(text).has_value());
  }
  CHECK(read_printed("1e308").has_value());
  CHECK(read_printed("1.7976931348623157e308").has_value());
}

TEST_CASE("printed: a factor scales the half unit, and its own is added") {
  const Printed third = quotient(*read_printed("2"), *read_printed("3"));
  CHECK(third.value == 2.0 / 3);
  CHECK(third.half_unit == 0);
  const Printed scaled = product(third, *read_printed("0.96"));
  CHECK(scaled.value == 2.0 / 3 * 0.96);
  CHECK(scaled.half_unit == 2.0 / 3 * 0.005);
  CHECK(scaled.digits == 2);
  CHECK(product(third, *read_printed("38")).half_unit == 0);
  const Printed both = product(*read_printed("0.67"), *read_printed("-3.1"));
  CHECK(both.half_unit == 0.67 * 0.05 + 3.1 * 0.005 + 0.05 * 0.005);
  CHECK(both.digits == 2);
  CHECK(product(*read_printed("0.5"), *read_printed("38")).half_unit == 38 * 0.05);
  CHECK(product(*read_printed("0.5"), *read_printed("38")).digits == 1);
  const Printed ratio = quotient(*read_printed("1.50"), *read_printed("-2"));
  CHECK(ratio.value == -0.75);
  CHECK(ratio.half_unit == 0.0025);
  CHECK(ratio.digits == 3);
}

TEST_CASE("printed: a quotient's half unit is finite wherever the quotient is") {
  const Printed large = quotient(*read_printed("1"), *read_printed("1e-200"));
  CHECK(large.value == doctest::Approx(1e200).epsilon(1e-12));
  CHECK(large.half_unit == doctest::Approx(5e199).epsilon(1e-12));
  const Printed small = quotient(*read_printed("3"), *read_printed("2.0e200"));
  CHECK(small.half_unit == doctest::Approx(1.5e-200 * 0.025).epsilon(1e-12));
}

TEST_CASE("printed: what a double does not hold is told from what it holds") {
  const Printed one = *read_printed("1"), tiny = *read_printed("1e-300");
  const Printed zero = *read_printed("0"), vague = *read_printed("0e300");
  CHECK(is_held(quotient(one, tiny), one, tiny));
  CHECK(is_held(product(zero, tiny), zero, tiny));
  CHECK_FALSE(is_held(product(tiny, tiny), tiny, tiny));
  CHECK_FALSE(is_held(quotient(tiny, *read_printed("1e300")), tiny, one));
  CHECK_FALSE(is_held(quotient(vague, tiny), vague, tiny));
}

TEST_CASE("printed: the sign turns with its text") {
  const Printed minus = negated(*read_printed("0.96"));
  CHECK(minus.value == -0.96);
  CHECK(minus.text == "-0.96");
  CHECK(minus.half_unit == 0.005);
  CHECK(negated(minus).text == "0.96");
}

TEST_CASE("printed: no text crashes the reader") {
  std::mt19937_64 random(3);
  const std::string letters = "0123456789.eE+-_ x";
  for (int i = 0; i < 20000; ++i) {
    std::string text(random() % 12, ' ');
    for (char& c : text) {
      c = i % 2 == 0 ? letters[random() % letters.size()] : static_cast<char>(random() % 256);
    }
    CHECK_NOTHROW(read_printed(text));
  }
}
