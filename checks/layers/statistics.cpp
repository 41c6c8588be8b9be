#include <gradcheck/layers/scans.hpp>
#include <gradcheck/layers/statistics.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor matrix =
    tensor({3, 4}, {0.5, -1.25, 2.0, 3.0, 1.5, 0.75, -2.0, 0.25, -0.5, 1.0, 4.0, -3.0});

/// Values of `matrix` (PyTorch 1.13, float64).
struct Row {
  const char* name;
  Settings settings;
  Shape shape;
  std::vector<double> y;
};
const std::vector<Row> rows{
    {"prod", {{"axis", 1.0}}, {3}, {-3.75, -0.5625, 6}},
    {"var",
     {{"axis", 0.0}},
     {4},
     {0.6666666666666666, 1.0138888888888888, 6.222222222222222, 6.013888888888888}},
    {"var",
     {{"axis", 1.0}, {"ddof", 1.0}, {"keepdims", true}},
     {3, 1},
     {3.4322916666666665, 2.270833333333333, 8.5625}},
    {"std", {{"axis", 1.0}}, {3}, {1.6044372066241794, 1.3050383136138186, 2.5341418665891617}},
    {"std", {{"ddof", 1.0}}, {}, {2.0154469765169996}},
    {"logsumexp",
     {{"axis", 1.0}},
     {3},
     {3.3813286012269788, 2.0816952235893003, 4.059973065478907}},
    {"logsumexp", {}, {}, {4.5580850613078345}},
    {"norm", {}, {}, {6.923691212063114}},
    {"norm",
     {{"p", 3.0}, {"axis", 1.0}},
     {3},
     {3.3345655166833557, 2.2774417289067466, 4.516401056140407}},
    {"norm", {{"p", 1.0}, {"axis", 0.0}}, {4}, {2.5, 3, 8, 6.25}},
    {"norm", {{"p", std::string("inf")}, {"axis", 1.0}, {"keepdims", true}}, {3, 1}, {3, 2, 4}},
    {"norm", {{"p", std::string("fro")}}, {}, {6.923691212063114}},
    {"cumsum", {{"axis", 0.0}}, {3, 4}, {0.5, -1.25, 2, 3, 2, -0.5, 0, 3.25, 1.5, 0.5, 4, 0.25}},
    {"cumprod",
     {},
     {3, 4},
     {0.5, -0.625, -1.25, -3.75, 1.5, 1.125, -2.25, -0.5625, -0.5, -0.5, -2, 6}},
    {"trace", {}, {}, {0.5 + 0.75 + 4}},
};

}  // namespace

TEST_CASE("statistics: values agree with PyTorch") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(
        near(value(standard(row.name, row.settings), {matrix}), tensor(row.shape, row.y), 2e-15L));
  }
}

TEST_CASE("statistics: gradients agree with central differences") {
  for (const Row& row : rows) {
    check_layer(standard(row.name, row.settings), {matrix});
    check_layer(standard(row.name, row.settings), {random_signed({3, 5, 2}, 0.5, 2, 1)});
  }
}

TEST_CASE("prod, cumprod: gradients are right where entries are 0") {
  for (const char* name : {"prod", "cumprod"}) {
    for (const Tensor& x : {vector({2, 0, 3, -1}), vector({0, 2, 0, 5}), vector({0, 0, 0})}) {
      check_layer(standard(name), {x});
    }
  }
}

TEST_CASE("norm: its subgradient at 0 is 0, and no power overflows or vanishes") {
  const auto gradient = [](Settings settings, const Tensor& x) {
    return gradients<double>(standard("norm", std::move(settings)), {x}, {scalar(1.0)})[0];
  };
  CHECK(near(gradient({}, vector({0, 0})), vector({0, 0}), 0));
  CHECK(near(gradient({{"p", 1.0}}, vector({0, -2})), vector({0, -1}), 0));
  CHECK(near(gradient({{"p", std::string("inf")}}, vector({1, -2, 2})), vector({0, -1, 0}), 0));
  CHECK(same_value(value(standard("norm"), {vector({3e200, 4e200})}), scalar(5e200)));
  CHECK(same_value(value(standard("norm"), {vector({3e-200, 4e-200})}), scalar(5e-200)));
  CHECK(std::isnan(value(standard("norm"), {vector({1, std::nan("")})}).data()[0]));
  CHECK(std::isinf(value(standard("norm"), {vector({1, -INFINITY})}).data()[0]));
}

TEST_CASE("norm: zeros of the sum and equals of the maximum are ties") {
  CHECK(ties(standard("norm", {{"p", 1.0}}), {vector({0, 1e-13, 1})}, 1e-12).size() == 2);
  const std::vector<Tie> found =
      ties(standard("norm", {{"p", std::string("inf")}}), {vector({1, -2, 2})}, 1e-12);
  REQUIRE(found.size() == 1);
  CHECK(found[0].pieces == Branches{2, 5});
  CHECK(ties(standard("norm"), {vector({0, 0})}, 1).empty());
}

TEST_CASE("var, std: keep their digits at a large offset") {
  const Tensor x = vector({1e8 + 1, 1e8 + 2, 1e8 + 4});
  CHECK(near(value(standard("var"), {x}), scalar(14.0 / 9), 1e-15L));
  CHECK(near(gradients<double>(standard("var"), {x}, {scalar(1.0)})[0],
             vector({-8.0 / 9, -2.0 / 9, 10.0 / 9}), 1e-14L));
}

TEST_CASE("statistics: empty groups, wrong axes and settings are refused") {
  CHECK(near(value(standard("prod", {{"axis", 0.0}}), {zeros<double>({0, 2})}), vector({1, 1}), 0));
  CHECK(refusal(standard("var", {{"axis", 0.0}}), std::vector<Shape>{{0, 2}}) ==
        "var: x has shape (0, 2), expected at least one entry along the reduced axes");
  CHECK(refusal(standard("logsumexp"), std::vector<Shape>{{0}}) ==
        "logsumexp: x has shape (0,), expected at least one entry along the reduced axes");
  CHECK(refusal(standard("norm", {{"axis", 2.0}}), std::vector<Shape>{{3, 4}}) ==
        "norm: axis has 2, expected an integer from -2 to 1");
  CHECK(refusal(standard("trace"), std::vector<Shape>{{3}}) ==
        "trace: x has shape (3,), expected (..., n, m)");
  CHECK(refusal(standard("cumsum"), std::vector<Shape>{{}}) ==
        "cumsum: axis has -1, expected none, for a scalar has no axes");
  CHECK(refused_settings("norm", {{"p", 0.5}}) ==
        "norm: p has 0.5, expected a number from 1 up, \"fro\" or \"inf\"");
  CHECK(refused_settings("norm", {{"p", std::string("nuc")}}) ==
        "norm: p has \"nuc\", expected a number, \"fro\" or \"inf\"");
  CHECK(refused_settings("std", {{"ddof", -1.0}}) ==
        "std: ddof has -1, expected a number from 0 up");
}
