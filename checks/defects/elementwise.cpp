#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

std::vector<Specimen> binary_operations() {
  const Given x = both_signs("x", {3, 5});
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      {"add",
       "clean",
       "L = sum(u * (x + b))",
       {x, normal("b", {5}), u},
       {{"missing batch sum", {"add"}, last_row_only(1)},
        {"averaged over batch", {"add"}, averaged_over_rows(1)},
        {"one entry only", {"add"}, scaled_entry(7, 1.01)},
        {"ignored upstream", {"add"}, upstream_ignored()}},
       {}},
      {"subtract",
       "clean",
       "L = sum(u * (x - b))",
       {x, normal("b", {3, 1}), u},
       {{"sign", {"subtract"}, negated(1)},
        {"missing batch sum", {"subtract"}, last_row_only(1)},
        {"relative 1e-3", {"subtract"}, scaled(1.001)},
        {"clipped upstream", {"subtract"}, upstream_magnitude(), false, "absolute value"}},
       {}},
      {"multiply",
       "clean",
       "L = sum(u * multiply(x, w))",
       {x, both_signs("w", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"wrong argument", {"multiply", 0}, swapped()},
        {"sign", {"multiply", 0}, magnitude(1)},
        {"relative 1e-6", {"multiply", 0}, scaled_entry(11, 1 + 1e-6, 1)},
        {"stale", {"multiply", 0}, stale(0)}},
       {}},
      {"multiply by itself",
       "clean",
       "y = x * x; L = sum(u * y)",
       {x, u},
       {{"missing fan-out", {"multiply", 0}, dropped(1)}, {"gross", {"multiply", 0}, scaled(10)}},
       {}},
      {"divide",
       "clean",
       "L = sum(u * (x / w))",
       {x, both_signs("w", {5}), u},
       {{"sign", {"divide"}, negated(1)},
        {"wrong argument", {"divide"}, at_multiple(-1, 1)},
        {"missing epsilon", {"divide"}, at_shift(-1e-5, 1)},
        {"missing batch sum", {"divide"}, last_row_only(1)},
        {"relative 1e-5", {"divide"}, scaled(1 + 1e-5, 1)}},
       {}},
  };
}

std::vector<Specimen> polynomials() {
  const Given x = both_signs("x", {3, 5});
  const Given positive = uniform("x", {3, 5}, 0.3, 3);
  return {
      under_upstream("negate", "(-x)", x,
                     {{"sign", {"negate"}, negated()},
                      {"one entry only", {"negate"}, scaled_entry(14, 0)},
                      {"float32 inside", {"negate"}, float32()}}),
      under_upstream(
          "cube", "x ** 3", x,
          {{"missing factor", {"power"}, scaled(1.0 / 3)},
           {"wrong argument", {"power"}, slope([](auto v, auto) { return 3 * v * std::abs(v); })},
           {"relative 1e-6", {"power"}, scaled(1 + 1e-6)}}),
      under_upstream(
          "power 2.5", "x ** 2.5", positive,
          {{"wrong constant", {"power"}, slope([](auto v, auto) { return 2.5 * std::sqrt(v); })},
           {"missing factor", {"power"}, slope([](auto v, auto y) { return y / v; })}}),
      under_upstream(
          "power -2", "x ** -2", x,
          {{"sign", {"power"}, negated()},
           {"wrong argument", {"power"}, slope([](auto v, auto) { return -2 / (v * v); })}}),
      under_upstream("square", "square(x)", x,
                     {{"missing factor", {"square"}, scaled(0.5)},
                      {"sign", {"square"}, slope([](auto v, auto) { return 2 * std::abs(v); })},
                      {"one entry only", {"square"}, scaled_entry(3, 1 + 1e-5)}}),
      under_upstream("abs", "abs(x)", x,
                     {{"wrong branch", {"abs"}, slope([](auto, auto) { return 1; })},
                      {"sign", {"abs"}, negated()},
                      {"one entry only", {"abs"}, scaled_entry(6, 1 + 1e-6)}}),
      under_upstream(
          "reciprocal", "reciprocal(x)", x,
          {{"sign", {"reciprocal"}, negated()},
           {"wrong argument", {"reciprocal"}, slope([](auto, auto y) { return -std::abs(y); })},
           {"missing epsilon", {"reciprocal"}, at_shift(1e-6)}}),
  };
}

std::vector<Specimen> transcendental() {
  const Given x = both_signs("x", {3, 5});
  const Given positive = uniform("x", {3, 5}, 0.2, 3);
  return {
      under_upstream("exp", "exp(x)", x,
                     {{"wrong argument", {"exp"}, slope([](auto v, auto) { return v; })},
                      {"relative 1e-5", {"exp"}, scaled(1 - 1e-5)},
                      {"relative 1e-6", {"exp"}, scaled_entry(2, 1 + 1e-6)}}),
      under_upstream("log", "log(x)", positive,
                     {{"missing epsilon", {"log"}, at_shift(1e-5)},
                      {"wrong argument", {"log"}, slope([](auto, auto y) { return 1 / y; })},
                      {"wrong constant", {"log"}, scaled(0.4342944819032518), false, "base 10"}}),
      under_upstream("log with epsilon", "log(x + 1e-5)", positive,
                     {{"missing epsilon", {"log"}, at_shift(-1e-5)}}),
      under_upstream("sqrt", "sqrt(x)", positive,
                     {{"missing factor", {"sqrt"}, scaled(2)},
                      {"wrong argument", {"sqrt"}, slope([](auto v, auto) { return 0.5 / v; })},
                      {"float32 inside", {"sqrt"}, float32()}}),
      under_upstream("sqrt with epsilon", "sqrt(x + 1e-6)", positive,
                     {{"missing epsilon", {"sqrt"}, at_shift(-1e-6)}}),
      under_upstream(
          "sin", "sin(3 * x)", x,
          {{"sign", {"sin"}, negated()},
           {"wrong argument", {"sin"}, slope([](auto, auto y) { return std::cos(y); })},
           {"wrong branch", {"sin"}, slope([](auto, auto y) { return std::sqrt(1 - y * y); })}}),
      under_upstream("cos", "cos(3 * x)", x,
                     {{"sign", {"cos"}, negated()},
                      {"wrong argument", {"cos"}, slope([](auto v, auto) { return std::cos(v); })},
                      {"relative 1e-3", {"cos"}, scaled(0.999)}}),
  };
}

}  // namespace

std::vector<Specimen> elementwise_specimens() {
  std::vector<Specimen> all = binary_operations();
  for (const auto& family : {polynomials(), transcendental()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
