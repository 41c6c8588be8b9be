#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/tensor/number_type.hpp>

using namespace gradcheck;

TEST_CASE("number types: every half-precision number survives its bits") {
  for (const NumberType type : {NumberType::float16, NumberType::bfloat16}) {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
      const double value = half_value(static_cast<std::uint16_t>(bits), type);
      if (std::isnan(value)) {
        CHECK(std::isnan(half_value(half_bits(value, type), type)));
      } else {
        REQUIRE(half_bits(value, type) == bits);
        REQUIRE(quantised(value, type) == value);
      }
    }
  }
}

TEST_CASE("number types: values of IEEE 754-2008, table 3.5, and of bfloat16's definition") {
  CHECK(half_value(0x7BFF, NumberType::float16) == 65504);
  CHECK(half_value(0x0001, NumberType::float16) == std::ldexp(1.0, -24));
  CHECK(half_value(0x3C01, NumberType::float16) == 1 + std::ldexp(1.0, -10));
  CHECK(half_value(0x3F80, NumberType::bfloat16) == 1);
  CHECK(half_value(0x3F81, NumberType::bfloat16) == 1 + std::ldexp(1.0, -7));
  CHECK(unit_roundoff(NumberType::float64) == std::numeric_limits<double>::epsilon() / 2);
  CHECK(unit_roundoff(NumberType::float32) == std::ldexp(1.0, -24));
}

TEST_CASE("number types: rounding is to nearest, ties to even, infinite beyond the largest") {
  const double u = std::ldexp(1.0, -11);
  CHECK(quantised(1 + u, NumberType::float16) == 1);
  CHECK(quantised(1 + 3 * u, NumberType::float16) == 1 + 4 * u);
  CHECK(quantised(1 + u + 1e-9, NumberType::float16) == 1 + 2 * u);
  CHECK(quantised(-65519.9, NumberType::float16) == -65504);
  CHECK(quantised(-65520, NumberType::float16) == -std::numeric_limits<double>::infinity());
  CHECK(quantised(std::ldexp(1.0, -26), NumberType::float16) == 0);
  CHECK(quantised(0.1, NumberType::float32) == static_cast<double>(0.1F));
  CHECK(quantised(1e-42, NumberType::float32) == static_cast<double>(1e-42F));
  CHECK(std::isnan(quantised(std::nan(""), NumberType::bfloat16)));
  CHECK(std::signbit(quantised(-0.0, NumberType::bfloat16)));
}
