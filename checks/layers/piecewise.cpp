#include <gradcheck/layers/piecewise.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor points = vector({-4, -0.75, 0.25, 7});

/// Values worked out by hand; those of softmin are PyTorch's.
struct Row {
  const char* name;
  Settings settings;
  std::vector<double> y;
  std::vector<double> corners;
};
const std::vector<Row> rows{
    {"hard_tanh", {}, {-1, -0.75, 0.25, 1}, {-1, 1}},
    {"hard_tanh", {{"min_val", -0.5}, {"max_val", 2.0}}, {-0.5, -0.5, 0.25, 2}, {-0.5, 2}},
    {"relu6", {}, {0, 0, 0.25, 6}, {0, 6}},
    {"hard_sigmoid", {}, {0, 0.375, 3.25 / 6, 1}, {-3, 3}},
    {"hardswish", {}, {0, -0.28125, 0.8125 / 6, 7}, {-3, 3}},
    {"softshrink", {}, {-3.5, -0.25, 0, 6.5}, {-0.5, 0.5}},
    {"softshrink", {{"lambd", 0.0}}, {-4, -0.75, 0.25, 7}, {}},
    {"hardshrink", {}, {-4, -0.75, 0, 7}, {}},
    {"hardshrink", {{"lambd", 1.0}}, {-4, 0, 0, 7}, {}},
    {"threshold", {{"threshold", 0.1}, {"value", -20.0}}, {-20, -20, 0.25, 7}, {}},
    {"threshold", {{"threshold", -0.5}, {"value", -0.5}}, {-0.5, -0.5, 0.25, 7}, {-0.5}},
};

double slope(const LayerPtr& layer, double x) {
  return gradients<double>(layer, {vector({x})}, {vector({1})})[0].data()[0];
}

}  // namespace

TEST_CASE("piecewise activations: values agree with hand computation") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(near(value(standard(row.name, row.settings), {points}), vector(row.y), 2e-16L));
  }
}

TEST_CASE("piecewise activations: gradients agree with central differences") {
  const Tensor x = vector({-6.5, -4, -2.25, -0.75, -0.25, 0.25, 0.4, 0.75, 1.5, 2.5, 5, 7});
  for (const Row& row : rows) {
    const LayerPtr layer = standard(row.name, row.settings);
    check_values(layer, {x});
    check_gradients(layer, {x});
    if (layer->kinked()) {
      check_branches(layer, {x});
    }
  }
}

TEST_CASE("piecewise activations: the derivative on a corner is PyTorch's") {
  CHECK(slope(standard("hard_tanh"), -1) == 0);
  CHECK(slope(standard("hard_tanh"), 1) == 0);
  CHECK(slope(standard("relu6"), 0) == 0);
  CHECK(slope(standard("relu6"), 6) == 0);
  CHECK(slope(standard("hard_sigmoid"), 3) == 0);
  CHECK(slope(standard("hardswish"), -3) == -0.5);
  CHECK(slope(standard("hardswish"), 3) == 1.5);
  CHECK(slope(standard("softshrink"), 0.5) == 0);
  CHECK(slope(standard("hardshrink"), -0.5) == 0);
  CHECK(slope(standard("threshold", {{"threshold", 0.0}, {"value", 0.0}}), 0) == 0);
}

TEST_CASE("piecewise activations: an argument within its width of a corner is a tie") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const LayerPtr layer = standard(row.name, row.settings);
    for (std::size_t k = 0; k < row.corners.size(); ++k) {
      const double w = 0x1p-40;
      const double c = row.corners[k];
      const std::vector<Tie> found = ties(layer, {vector({c, c + w, c - w, c + 1.001 * w})}, w);
      REQUIRE(found.size() == 3);
      CHECK(found[2].site == 2);
      CHECK(found[2].pieces ==
            Branches{static_cast<std::int32_t>(k), static_cast<std::int32_t>(k) + 1});
    }
    if (row.corners.empty()) {
      CHECK(ties(layer, {vector({-1, -0.5, 0, 0.1, 0.5, 1})}, 1e-12).empty());
    }
  }
}

TEST_CASE("piecewise activations: NaN comes through") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(std::isnan(value(standard(row.name, row.settings), {scalar(std::nan(""))}).data()[0]));
  }
}

TEST_CASE("prelu: values agree with hand computation, one weight or one a channel") {
  const Tensor x = tensor({2, 2, 2}, {-1, 2, -3, 4, 5, -6, 7, -8});
  CHECK(near(value(standard("prelu"), {x, vector({0.5, 0.25})}),
             tensor({2, 2, 2}, {-0.5, 2, -0.75, 4, 5, -3, 7, -2}), 0));
  CHECK(near(value(standard("prelu"), {x, vector({0.5})}),
             tensor({2, 2, 2}, {-0.5, 2, -1.5, 4, 5, -3, 7, -4}), 0));
}

TEST_CASE("prelu: gradients agree with central differences") {
  check_layer(standard("prelu"), {random_signed({3, 2, 5}, 0.5, 2, 1), vector({0.3, -0.2})});
  check_layer(standard("prelu"), {random_signed({3, 5}, 0.5, 2, 2), vector({0.3})});
  check_layer(standard("prelu"), {random_signed({4}, 0.5, 2, 3), vector({0.1})});
  CHECK(ties(standard("prelu"), {vector({0, 1e-13, 1}), vector({0.1})}, 1e-12).size() == 2);
}

TEST_CASE("softmin: values agree with PyTorch, gradients with central differences") {
  const Tensor x =
      tensor({3, 4}, {0.5, -1.25, 2.0, 3.0, 1.5, 0.75, -2.0, 0.25, -0.5, 1.0, 4.0, -3.0});
  CHECK(near(value(standard("softmin"), {x}),
             tensor({3, 4}, {0.14164671432084297, 0.8151205612781423, 0.03160565405090858,
                             0.011627070350106182, 0.02517446221225266, 0.05329433692155403,
                             0.833663693975768, 0.08786750689042531, 0.07453379233606776,
                             0.01663073702041661, 0.0008279956410434477, 0.9080074750024723}),
             2e-15L));
  check_layer(standard("softmin"), {x});
  check_layer(standard("softmin", {{"axis", 0.0}}), {x});
}

TEST_CASE("piecewise activations: what makes no sense is refused") {
  CHECK(refused_settings("hard_tanh", {{"min_val", 1.0}}) ==
        "hard_tanh: max_val has 1, expected a number above min_val=1");
  CHECK(refused_settings("softshrink", {{"lambd", -1.0}}) ==
        "softshrink: lambd has -1, expected a number from 0 up");
  CHECK(refused_settings("hardshrink", {{"lambd", -1.0}}) ==
        "hardshrink: lambd has -1, expected a number from 0 up");
  CHECK(refused_settings("threshold", {{"threshold", 1.0}}) ==
        "threshold: value has no value, expected a number");
  CHECK(refusal(standard("prelu"), std::vector<Shape>{{3, 4}, {3}}) ==
        "prelu: weight has shape (3,), expected (1,) or (4,), for x has shape (3, 4)");
  CHECK(refusal(standard("softmin"), std::vector<Shape>{{}}) ==
        "softmin: axis has -1, expected none, for a scalar has no axes");
}
