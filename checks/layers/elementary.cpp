#include <gradcheck/layers/elementary.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor wide = vector({-3, -0.7, 0.7, 3});
const Tensor inside = vector({-0.9, -0.25, 0.3, 0.75});
const Tensor positive = vector({0.5, 0.7, 2, 30});

/// Values to 21 digits (mpmath 1.2, 30 digits, at the doubles nearest to the points).
struct Row {
  const char* name;
  const Tensor& x;
  std::vector<double> y;
};
const std::vector<Row> rows{
    {"log1p",
     inside,
     {-2.30258509299404590606, -0.287682072451780927439, 0.262364264467491043495,
      0.559615787935422686271}},
    {"expm1",
     wide,
     {-0.950212931632136057021, -0.503414696208590463242, 1.0137527074704764322,
      19.0855369231876677409}},
    {"log10",
     positive,
     {-0.301029995663981195214, -0.15490195998574319684, 0.301029995663981195214,
      1.4771212547196624373}},
    {"erf",
     wide,
     {-0.999977909503001414559, -0.677801193837418442277, 0.677801193837418442277,
      0.999977909503001414559}},
    {"tan",
     wide,
     {0.142546543074277805296, -0.842288380463079372213, 0.842288380463079372213,
      -0.142546543074277805296}},
    {"asin",
     inside,
     {-1.11976951499863423763, -0.252680255142078653486, 0.304692654015397496334,
      0.848062078981481008053}},
    {"acos",
     inside,
     {2.69056584179353085686, 1.82347658193697527272, 1.2661036727794991229,
      0.722734247813415611178}},
    {"atan",
     wide,
     {-1.24904577239825442583, -0.610725964389208586739, 0.610725964389208586739,
      1.24904577239825442583}},
    {"sinh",
     wide,
     {-10.017874927409901899, -0.758583701839533447719, 0.758583701839533447719,
      10.017874927409901899}},
    {"cosh",
     wide,
     {10.067661995777765842, 1.25516900563094298448, 1.25516900563094298448,
      10.067661995777765842}},
};

}  // namespace

TEST_CASE("elementary functions: values agree with mpmath") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(near(value(standard(row.name), {row.x}), vector(row.y), 1e-15L));
  }
}

TEST_CASE("elementary functions: gradients agree with central differences") {
  for (const Row& row : rows) {
    check_layer(standard(row.name), {row.x});
    check_layer(standard(row.name), {random_uniform({3, 5}, 0.3, 0.9, 1)});
  }
}

TEST_CASE("elementary functions: NaN comes through, and comes out beyond their domains") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(std::isnan(value(standard(row.name), {scalar(std::nan(""))}).data()[0]));
  }
  for (const char* name : {"log1p", "log10", "asin", "acos"}) {
    CAPTURE(name);
    CHECK(std::isnan(value(standard(name), {scalar(-1.5)}).data()[0]));
  }
}

TEST_CASE("log1p, expm1: keep the digits of a small x") {
  CHECK(same_value(value(standard("log1p"), {scalar(1e-10)}).data()[0], 9.9999999995000000000e-11));
  CHECK(
      same_value(value(standard("expm1"), {scalar(1e-10)}).data()[0], 1.00000000005000000000e-10));
}

TEST_CASE("floor, sign: are steps, held constant") {
  const Tensor x = vector({-1.5, -0.0, 0.25, 2, 7.75});
  CHECK(near(value(standard("floor"), {x}), vector({-2, 0, 0, 2, 7}), 0));
  CHECK(near(value(standard("sign"), {x}), vector({-1, 0, 1, 1, 1}), 0));
  for (const char* name : {"floor", "sign"}) {
    CAPTURE(name);
    CHECK_FALSE(standard(name)->differentiable(0));
    CHECK(near(gradients<double>(standard(name), {x}, {x})[0], vector({0, 0, 0, 0, 0}), 0));
    CHECK(std::isnan(value(standard(name), {scalar(std::nan(""))}).data()[0]));
    check_values(standard(name), {x});
  }
}

TEST_CASE("elementary functions: settings are refused, and NumPy's names are known") {
  CHECK(refused_settings("log10", {{"base", 2.0}}) ==
        "log10: unknown setting 'base', it has no settings");
  CHECK(standard_layers().find("arctan") == standard_layers().find("atan"));
  CHECK(standard_layers().find("arcsin")->name == "asin");
  CHECK(standard_layers().find("arccos")->name == "acos");
}
