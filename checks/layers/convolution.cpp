#include <gradcheck/layers/convolution.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Settings with_bias(Settings settings = {}) {
  settings["b"] = true;
  return settings;
}

Tensors<double> randoms(const std::vector<Shape>& shapes) {
  Tensors<double> all;
  for (const Shape& shape : shapes) {
    all.push_back(random_signed(shape, 0.5, 2, all.size() + 1));
  }
  return all;
}

}  // namespace

TEST_CASE("convolutions: values agree with PyTorch") {
  // PyTorch 1.13, float64, of the same functions; entry i of an input is made by `ramp`
  CHECK(near(value(standard("conv1d", {{"stride", 2.0}, {"padding", 1.0}, {"b", true}}),
                   {ramp({1, 2, 7}, 1), ramp({3, 2, 3}, 2), ramp({3}, 3)}),
             tensor({1, 3, 4}, {-3.4375, 1.5, 4.1875, 1.9375, 1.125, 3.0625, -0.875, 0.0625, 3.25,
                                -1.0625, -3.5, -1.8125}),
             1e-14L, 1e-15L));
  CHECK(near(
      value(standard("conv2d", {{"stride", std::vector<double>{2, 1}},
                                {"padding", std::vector<double>{0, 1}},
                                {"b", true}}),
            {ramp({2, 2, 4, 3}, 1), ramp({2, 2, 2, 3}, 2), ramp({2}, 3)}),
      tensor({2, 2, 2, 3}, {1.6875,  -8.0625, 3.0,    -2.75,   -0.4375, 0.8125, -2.375, 6.125,
                            -3.9375, 3.5625,  0.875,  -1.4375, 1.8125,  -1.125, 0.75,   -3.4375,
                            2.4375,  -4.6875, 2.6875, 4.625,   -1.25,   2.9375, -3.875, 4.5}),
      1e-14L, 1e-15L));
  CHECK(near(value(standard("conv2d", {{"groups", 4.0}, {"dilation", std::vector<double>{1, 2}}}),
                   {ramp({1, 4, 3, 4}, 1), ramp({4, 1, 2, 2}, 2)}),
             tensor({1, 4, 2, 2}, {1.5625, 1.5625, 1.5625, 1.5625, -2.4375, 1.6875, -1.375, 1.9375,
                                   1.5625, 1.6875, 0.4375, 2.1875, 0.5625, 1.5625, -1.125, 0.6875}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("conv2d", {{"padding", std::string("same")}}),
                   {ramp({3, 3, 4}, 1), ramp({2, 3, 2, 3}, 2)}),
             tensor({2, 3, 4}, {-0.0625, -1.5625, 4.3125, -1.0,    0.125,  1.625,  -7.125,  5.5,
                                1.5625,  -3.5625, 3.5625, -0.4375, 2.1875, 1.125,  -0.0625, 1.3125,
                                -3.1875, 4.5,     -0.75,  -2.625,  1.5625, 0.5625, -2.75,   3.25}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("conv3d", {{"b", true}}),
                   {ramp({1, 1, 2, 3, 3}, 1), ramp({2, 1, 2, 2, 1}, 2), ramp({2}, 3)}),
             tensor({1, 2, 1, 2, 3}, {0.5, -2.75, -2.75, 0.5, -0.3125, 0.5, 2.25, -0.125, -0.875,
                                      3.25, 1.6875, 1.75}),
             1e-14L, 1e-15L));
  CHECK(near(
      value(standard("conv_transpose1d",
                     {{"stride", 2.0}, {"padding", 1.0}, {"output_padding", 1.0}, {"b", true}}),
            {ramp({1, 2, 3}, 1), ramp({2, 3, 2}, 2), ramp({3}, 3)}),
      tensor({1, 3, 5}, {-2.8125, -0.875, 0.0, -1.625, -2.0625, 1.375, 1.5, 0.75, 0.5625, 5.0,
                         -0.125, 0.625, -0.125, -0.5, 3.9375}),
      1e-14L, 1e-15L));
  CHECK(near(
      value(standard("conv_transpose2d", {{"stride", std::vector<double>{1, 2}},
                                          {"groups", 2.0},
                                          {"dilation", std::vector<double>{2, 1}},
                                          {"b", true}}),
            {ramp({1, 4, 2, 2}, 1), ramp({4, 1, 2, 3}, 2), ramp({2}, 3)}),
      tensor({1, 2, 4, 5}, {0.375,   -0.9375, 0.5625, -3.0,    -0.75,   -1.9375, -0.1875, -1.1875,
                            0.1875,  -0.1875, -2.75,  0.0,     -0.6875, -1.125,  1.125,   0.875,
                            -1.4375, -1.125,  -0.125, -2.9375, 1.9375,  2.3125,  0.4375,  1.5625,
                            -0.1875, 2.25,    0.0,    3.9375,  1.6875,  3.0,     2.25,    -0.625,
                            2.0,     3.625,   1.0625, 0.375,   3.0,     1.125,   -0.875,  2.0625}),
      1e-14L, 1e-15L));
}

TEST_CASE("convolutions: gradients agree with central differences") {
  check_layer(standard("conv1d", with_bias({{"stride", 2.0}, {"padding", 1.0}})),
              randoms({{2, 3, 7}, {4, 3, 3}, {4}}));
  check_layer(standard("conv2d"), randoms({{3, 2, 4, 5}, {3, 2, 3, 2}}));
  check_layer(standard("conv2d", with_bias({{"stride", std::vector<double>{2, 3}},
                                            {"padding", std::vector<double>{2, 1}},
                                            {"dilation", std::vector<double>{1, 2}}})),
              randoms({{2, 2, 5, 7}, {3, 2, 3, 2}, {3}}));
  check_layer(standard("conv2d", with_bias({{"groups", 3.0}})),
              randoms({{1, 6, 4, 3}, {3, 2, 2, 2}, {3}}));
  check_layer(standard("conv2d", {{"groups", 3.0}, {"padding", std::string("same")}}),
              randoms({{3, 4, 3}, {3, 1, 3, 2}}));
  check_layer(standard("conv3d", with_bias({{"padding", 1.0}})),
              randoms({{1, 2, 2, 3, 3}, {2, 2, 2, 2, 3}, {2}}));
}

TEST_CASE("transposed convolutions: gradients agree with central differences") {
  check_layer(standard("conv_transpose1d", with_bias({{"stride", 3.0}, {"output_padding", 2.0}})),
              randoms({{2, 3, 4}, {3, 2, 2}, {2}}));
  check_layer(standard("conv_transpose2d", with_bias({{"stride", std::vector<double>{2, 1}},
                                                      {"padding", std::vector<double>{1, 0}},
                                                      {"dilation", std::vector<double>{1, 2}},
                                                      {"groups", 2.0}})),
              randoms({{2, 4, 3, 2}, {4, 3, 3, 2}, {6}}));
  check_layer(standard("conv_transpose2d"), randoms({{2, 3, 2}, {2, 1, 2, 2}}));
}

TEST_CASE("transposed convolution: is the adjoint of the convolution with the same filter") {
  const Settings settings{{"stride", 2.0}, {"padding", 1.0}};
  const Tensors<double> all = randoms({{1, 3, 7, 5}, {4, 3, 3, 3}, {1, 4, 4, 3}});
  const Tensor dx = gradients<double>(standard("conv2d", settings), {all[0], all[1]}, {all[2]})[0];
  CHECK(near(value(standard("conv_transpose2d", settings), {all[2], all[1]}), dx, 1e-14L, 1e-15L));
}

TEST_CASE("convolution: an empty batch gives an empty result") {
  CHECK(value(standard("conv1d"), {zeros<double>({0, 2, 5}), zeros<double>({3, 2, 2})}).size() ==
        0);
}

TEST_CASE("convolution: shapes that do not fit are refused") {
  const auto refused = [](Settings settings, const std::vector<Shape>& shapes) {
    if (shapes.size() == 3) {
      settings["b"] = true;
    }
    return refusal(standard("conv2d", settings), shapes);
  };
  CHECK(refused({}, {{3, 4}, {1, 1, 2, 2}}) ==
        "conv2d: x has shape (3, 4), expected (N, C, H, W) or (C, H, W)");
  CHECK(refused({}, {{1, 3, 5, 4}, {2, 3, 7, 2}}) ==
        "conv2d: the kernel has shape (7, 2), expected dilation (kernel − 1) + 1 ≤ in + 2 padding, "
        "but "
        "7 > 5 along axis 0 of the kernel; out = ⌊(in + 2 padding − dilation (kernel − 1) − 1) / "
        "stride⌋ + 1");
  CHECK(refused({{"dilation", 2.0}, {"padding", 1.0}}, {{1, 3, 5, 1}, {2, 3, 2, 3}})
            .find("but 5 > 3 along axis 1 of the kernel") != std::string::npos);
  CHECK(refused({}, {{1, 3, 5, 5}, {2, 2, 3, 3}}) ==
        "conv2d: W has shape (2, 2, 3, 3), expected (out channels, C / groups, kernel) with 2 axes "
        "in "
        "the kernel and 3 along axis 1, for x has shape (1, 3, 5, 5) and groups=1");
  CHECK(refused({{"groups", 2.0}}, {{1, 3, 5, 5}, {2, 1, 3, 3}}) ==
        "conv2d: groups has 2, expected a divisor of the 3 channels of x");
  CHECK(refused({{"groups", 2.0}}, {{1, 4, 5, 5}, {3, 2, 3, 3}}) ==
        "conv2d: groups has 2, expected a divisor of the 3 out channels of W");
  CHECK(refused({}, {{1, 3, 5, 5}, {2, 3, 3, 3}, {3}}) ==
        "conv2d: b has shape (3,), expected (2,), one entry for each channel of y");
}

TEST_CASE("convolution: a result beyond all measure is refused before it is made") {
  CHECK(refusal(standard("conv2d", {{"padding", 1e6}}),
                std::vector<Shape>{{1, 3, 5, 5}, {2, 3, 3, 3}})
            .find("expected at most") != std::string::npos);
}

TEST_CASE("transposed convolution: shapes that do not fit are refused") {
  CHECK(
      refusal(standard("conv_transpose1d"), std::vector<Shape>{{1, 3, 5}, {2, 3, 3}}) ==
      "conv_transpose1d: W has shape (2, 3, 3), expected (C, out channels / groups, kernel) with 1 "
      "axis in the kernel and 3 along axis 0, for x has shape (1, 3, 5) and groups=1");
  CHECK(refusal(standard("conv_transpose1d", {{"padding", 2.0}}),
                std::vector<Shape>{{1, 3, 2}, {3, 1, 2}}) ==
        "conv_transpose1d: x has shape ..., 2 along axis 0 of its plane, expected an extent that "
        "leaves "
        "y at least one entry, out = (in − 1) stride − 2 padding + dilation (kernel − 1) + "
        "output_padding + 1");
}

TEST_CASE("convolution: settings out of their range are refused") {
  CHECK(refused_settings("conv2d", {{"stride", 0.0}}) ==
        "conv2d: stride has 0, expected one integer, or 2 of them, each ≥ 1");
  CHECK(refused_settings("conv1d", {{"dilation", -1.0}}) ==
        "conv1d: dilation has -1, expected an integer ≥ 1");
  CHECK(refused_settings("conv1d", {{"stride", 9e15}}) ==
        "conv1d: stride has 9000000000000000, expected an integer ≥ 1 and ≤ " +
            std::to_string(max_entries));
  CHECK(refused_settings("conv2d", {{"padding", std::vector<double>{1, 2, 3}}}) ==
        "conv2d: padding has [1, 2, 3], expected one integer, or 2 of them, each ≥ 0");
  CHECK(refused_settings("conv2d", {{"padding", std::string("full")}}) ==
        "conv2d: padding has \"full\", expected an integer or a list of integers, \"same\" or "
        "\"valid\"");
  CHECK(refused_settings("conv2d", {{"padding", std::string("same")}, {"stride", 2.0}}) ==
        "conv2d: padding has \"same\", expected a number, or stride=1");
  CHECK(refused_settings("conv2d", {{"groups", 0.0}}) ==
        "conv2d: groups has 0, expected an integer ≥ 1");
  CHECK(
      refused_settings("conv_transpose2d", {{"output_padding", 1.0}}) ==
      "conv_transpose2d: output_padding has 1, expected less than stride or dilation, which are 1 "
      "and 1");
}
