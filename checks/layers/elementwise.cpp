#include <gradcheck/layers/elementwise.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

struct Case {
  const char* name;
  double x;
  double y;
};

/// f(0.7) to 21 digits (mpmath 1.3, 30 digits), and exact values.
const std::vector<Case> unary_values{
    {"negate", 0.7, -0.7},
    {"exp", 0.7, 2.01375270747047652162},
    {"log", 0.7, -0.356674943938732378913},
    {"sqrt", 0.7, 0.836660026534075547978},
    {"abs", -0.7, 0.7},
    {"abs", 0.7, 0.7},
    {"square", 1.5, 2.25},
    {"reciprocal", 0.7, 1.42857142857142857143},
    {"sin", 0.7, 0.644217687237691053673},
    {"cos", 0.7, 0.764842187284488426256},
};

}  // namespace

TEST_CASE("elementwise functions: values agree with mpmath") {
  for (const Case& c : unary_values) {
    CAPTURE(c.name);
    CHECK(same_value(value(standard(c.name), {vector({c.x})}), vector({c.y})));
  }
}

TEST_CASE("elementwise functions: gradients agree with central differences") {
  for (const char* name : {"negate", "abs", "square", "reciprocal", "sin", "cos"}) {
    check_layer(standard(name), {random_signed({3, 5}, 0.3, 2, 1)});
  }
  check_layer(standard("exp"), {random_signed({3, 5}, 0.3, 30, 2)});
  check_layer(standard("log"), {random_uniform({3, 5}, 0.3, 9, 3)});
  check_layer(standard("sqrt"), {random_uniform({3, 5}, 0.3, 9, 4)});
}

TEST_CASE("elementwise functions: keep any shape, a scalar and no entries included") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}, Shape{2, 1, 4}}) {
    CHECK(shape_of(value(standard("exp"), {full<double>(shape, 1.0)})) == shape);
  }
}

TEST_CASE("elementwise functions: NaN comes through, kinked or not") {
  for (const char* name : {"negate", "exp", "log", "sqrt", "abs", "square", "sin"}) {
    CAPTURE(name);
    CHECK(std::isnan(value(standard(name), {scalar(std::nan(""))}).data()[0]));
  }
}

TEST_CASE("abs: the slope at 0 is 0, also at -0") {
  const Tensor x = vector({0.0, -0.0, 2.0, -2.0});
  const Tensor dx = gradients<double>(standard("abs"), {x}, {vector({3, 3, 3, 3})})[0];
  CHECK(near(dx, vector({0, 0, 3, -3}), 0));
  check_branches(standard("abs"), {x});
  CHECK(branches(standard("abs"), {x}) == Branches{1, 0, 1, 0});
}

TEST_CASE("abs: an argument within its width of 0 is a tie") {
  const double w = 1e-12;
  const double outside = std::nextafter(w, 1.0);
  const Tensor x = vector({0.0, -0.0, w, -w, outside, -outside, std::nan("")});
  const std::vector<Tie> found = ties(standard("abs"), {x}, w);
  REQUIRE(found.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(found[i].site == i);
    CHECK(found[i].pieces == Branches{0, 1});
    REQUIRE(found[i].entries.size() == 1);
    CHECK(found[i].entries[0].entry == i);
  }
  CHECK(ties(standard("abs"), {x}, 0).size() == 2);
}

TEST_CASE("power: values agree with mpmath and with plain products") {
  CHECK(same_value(value(make_power(2.5), {vector({0.7})}), vector({0.409963413001697018509})));
  CHECK(value(make_power(2), {vector({-3})}).data()[0] == 9);
  CHECK(value(make_power(3), {vector({-3})}).data()[0] == -27);
  CHECK(value(make_power(1), {vector({-3})}).data()[0] == -3);
  CHECK(value(make_power(0), {vector({-3})}).data()[0] == 1);
  CHECK(value(make_power(-2), {vector({4})}).data()[0] == 0.0625);
  CHECK(value(standard("power", {{"exponent", 0.5}}), {vector({9})}).data()[0] == 3);
}

TEST_CASE("power: gradients agree with central differences") {
  for (const double exponent : {-3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0}) {
    CAPTURE(exponent);
    check_layer(make_power(exponent), {random_signed({3, 5}, 0.4, 2, 5)});
  }
  for (const double exponent : {-1.5, 0.5, 2.5}) {
    CAPTURE(exponent);
    check_layer(make_power(exponent), {random_uniform({3, 5}, 0.4, 2, 5)});
  }
}

TEST_CASE("power: the gradient at 0 is that of the limit") {
  const Tensors<double> one{vector({1})};
  CHECK(gradients<double>(make_power(0), {vector({0})}, one)[0].data()[0] == 0);
  CHECK(gradients<double>(make_power(1), {vector({0})}, one)[0].data()[0] == 1);
  CHECK(gradients<double>(make_power(2), {vector({0})}, one)[0].data()[0] == 0);
}

TEST_CASE("power: an exponent is a finite number and must be given") {
  CHECK(refused_settings("power", {}) == "power: exponent has no value, expected a number");
  CHECK(refused_settings("power", {{"exponent", std::string("two")}}) ==
        "power: exponent has \"two\", expected a number");
  CHECK(refused_settings("power", {{"exponent", INFINITY}}) ==
        "power: exponent has inf, expected a number");
}

TEST_CASE("add, subtract, multiply, divide: values agree with hand computation") {
  const Tensor a = tensor({2, 1}, {6, -1});
  const Tensor b = tensor({3}, {1, 2, 4});
  CHECK(near(value(standard("add"), {a, b}), tensor({2, 3}, {7, 8, 10, 0, 1, 3}), 0));
  CHECK(near(value(standard("subtract"), {a, b}), tensor({2, 3}, {5, 4, 2, -2, -3, -5}), 0));
  CHECK(near(value(standard("multiply"), {a, b}), tensor({2, 3}, {6, 12, 24, -1, -2, -4}), 0));
  CHECK(near(value(standard("divide"), {a, b}), tensor({2, 3}, {6, 3, 1.5, -1, -0.5, -0.25}), 0));
}

TEST_CASE("add, subtract, multiply, divide: gradients agree with central differences") {
  const std::vector<std::pair<Shape, Shape>> shapes{{{3, 5}, {3, 5}},    {{3, 5}, {5}},
                                                    {{}, {3, 5}},        {{3, 1}, {1, 5}},
                                                    {{2, 1, 3}, {4, 1}}, {{1}, {1}}};
  for (const char* name : {"add", "subtract", "multiply", "divide"}) {
    for (const auto& [a, b] : shapes) {
      check_layer(standard(name), {random_signed(a, 0.5, 2, 6), random_signed(b, 0.5, 2, 7)});
    }
  }
}

TEST_CASE("add, subtract, multiply, divide: shapes that do not broadcast are refused") {
  for (const std::string name : {"add", "subtract", "multiply", "divide"}) {
    CHECK(refusal(standard(name), std::vector<Shape>{{2, 3}, {2}}) ==
          name +
              ": shapes (2, 3) and (2,) do not broadcast, expected equal extents or 1, aligned "
              "at the right");
  }
}
