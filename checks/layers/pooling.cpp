#include <gradcheck/layers/pooling.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("pooling: values agree with PyTorch") {
  // PyTorch 1.13, float64, of the same functions (global_avg_pool: its mean over both axes)
  CHECK(
      near(value(standard("max_pool1d", {{"kernel_size", 3.0}, {"stride", 2.0}, {"padding", 1.0}}),
                 {ramp({2, 7}, 1)}),
           tensor({2, 4}, {0.0, 1.25, 0.5, -0.25, 1.0, 1.5, 1.5, 0.75}), 1e-14L, 1e-15L));
  CHECK(near(
      value(standard("max_pool2d", {{"kernel_size", std::vector<double>{2, 3}},
                                    {"stride", std::vector<double>{2, 1}},
                                    {"padding", std::vector<double>{0, 1}},
                                    {"ceil_mode", true}}),
            {ramp({1, 2, 5, 4}, 1)}),
      tensor({1, 2, 3, 4}, {0.5, 1.25, 1.25, 1.25, 0.75, 1.5,  1.5, 1.5, 0.5, 0.5, 0.5,  -0.25,
                            1.0, 1.0,  1.5,  1.5,  1.25, 1.25, 1.0, 0.5, 1.5, 1.5, 0.75, 0.75}),
      1e-14L, 1e-15L));
  CHECK(near(
      value(standard("max_pool2d", {{"kernel_size", 2.0}, {"stride", 1.0}, {"dilation", 2.0}}),
            {ramp({1, 1, 5, 5}, 1)}),
      tensor({1, 1, 3, 3}, {1.5, 0.0, 1.25, 1.25, -0.25, 1.0, 1.5, 1.5, 0.75}), 1e-14L, 1e-15L));
  CHECK(near(
      value(
          standard("avg_pool1d",
                   {{"kernel_size", 4.0}, {"stride", 3.0}, {"padding", 1.0}, {"ceil_mode", true}}),
          {ramp({1, 2, 6}, 1)}),
      tensor({1, 2, 3}, {0.0, -0.125, -0.75, -0.0625, 0.0625, -0.25}), 1e-14L, 1e-15L));
  CHECK(near(
      value(
          standard("avg_pool2d",
                   {{"kernel_size", 3.0}, {"stride", 2.0}, {"padding", 1.0}, {"ceil_mode", true}}),
          {ramp({1, 1, 4, 5}, 1)}),
      tensor({1, 1, 3, 3}, {-0.3333333333333333, 0.027777777777777776, -0.1111111111111111,
                            -0.027777777777777776, -0.3333333333333333, -0.4166666666666667,
                            0.08333333333333333, -0.2916666666666667, -0.2916666666666667}),
      1e-14L, 1e-15L));
  CHECK(near(value(standard("avg_pool2d", {{"kernel_size", 3.0},
                                           {"stride", 2.0},
                                           {"padding", 1.0},
                                           {"ceil_mode", true},
                                           {"count_include_pad", false}}),
                   {ramp({1, 1, 4, 5}, 1)}),
             tensor({1, 1, 3, 3}, {-0.75, 0.041666666666666664, -0.25, -0.041666666666666664,
                                   -0.3333333333333333, -0.625, 0.25, -0.5833333333333334, -0.875}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("avg_pool2d", {{"kernel_size", 2.0}, {"divisor_override", 3.0}}),
                   {ramp({1, 1, 4, 4}, 1)}),
             tensor({1, 1, 2, 2}, {-0.75, 0.4166666666666667, -0.4166666666666667, 0.75}), 1e-14L,
             1e-15L));
  CHECK(near(
      value(standard("adaptive_avg_pool2d", {{"output_size", std::vector<double>{2, 3}}}),
            {ramp({2, 5, 7}, 1)}),
      tensor({2, 2, 3}, {0.08333333333333333, 0.05555555555555555, -0.3333333333333333, 0.25,
                         -0.1388888888888889, -0.16666666666666666, 0.1388888888888889, -0.25,
                         0.08333333333333333, -0.05555555555555555, -0.08333333333333333, 0.25}),
      1e-14L, 1e-15L));
  CHECK(near(value(standard("global_avg_pool"), {ramp({2, 2, 3, 2}, 1)}),
             tensor({2, 2}, {-0.2916666666666667, 0.16666666666666666, 0.08333333333333333, 0.0}),
             1e-14L, 1e-15L));
}

TEST_CASE("pooling: gradients agree with central differences") {
  const Tensor image = random_signed({2, 3, 5, 7}, 0.1, 4, 1);
  for (const char* name : {"max_pool2d", "avg_pool2d"}) {
    check_layer(standard(name, {{"kernel_size", 3.0}, {"stride", 2.0}, {"padding", 1.0}}), {image});
    check_layer(standard(name, {{"kernel_size", std::vector<double>{2, 3}},
                                {"stride", 1.0},
                                {"ceil_mode", true}}),
                {image});
  }
  check_layer(standard("max_pool2d", {{"kernel_size", 2.0}, {"dilation", 2.0}}), {image});
  check_layer(standard("max_pool1d", {{"kernel_size", 3.0}, {"stride", 2.0}}),
              {random_signed({3, 8}, 0.1, 4, 2)});
  check_layer(standard("avg_pool1d", {{"kernel_size", 4.0},
                                      {"stride", 3.0},
                                      {"padding", 2.0},
                                      {"ceil_mode", true},
                                      {"count_include_pad", false}}),
              {random_signed({2, 1, 9}, 0.1, 4, 3)});
  check_layer(standard("avg_pool2d", {{"kernel_size", 2.0}, {"divisor_override", -3.0}}), {image});
  check_layer(standard("adaptive_avg_pool2d", {{"output_size", std::vector<double>{3, 4}}}),
              {image});
  check_layer(standard("global_avg_pool", {{"keepdims", true}}), {image});
}

TEST_CASE("max_pool: the first of equal entries is taken, and ties name all of them") {
  const LayerPtr pool = standard("max_pool1d", {{"kernel_size", 3.0}, {"stride", 2.0}});
  const Tensor x = tensor({1, 5}, {1, 2, 2, 0, -1});
  CHECK(near(gradients<double>(pool, {x}, {tensor({1, 2}, {10, 100})})[0],
             tensor({1, 5}, {0, 10, 100, 0, 0}), 0));
  const std::vector<Tie> found = ties(pool, {x}, 1e-9);
  REQUIRE(found.size() == 1);
  CHECK(found[0].site == 0);
  CHECK(found[0].pieces == Branches{1, 2});
  CHECK(found[0].entries.size() == 2);
  CHECK(found[0].entries[1].entry == 2);
  CHECK(ties(pool, {x}, 1.0).size() == 2);
}

TEST_CASE("max_pool: NaN comes through, and padding is never the largest") {
  const LayerPtr pool = standard("max_pool1d", {{"kernel_size", 2.0}, {"padding", 1.0}});
  CHECK(near(value(pool, {tensor({1, 2}, {-3, -5})}), tensor({1, 2}, {-3, -5}), 0));
  const Tensor y = value(pool, {tensor({1, 2}, {NAN, -5})});
  CHECK(std::isnan(y.data()[0]));
  CHECK(y.data()[1] == -5);
}

TEST_CASE("pooling: shapes that do not fit are refused") {
  const LayerPtr pool = standard("max_pool2d", {{"kernel_size", 3.0}});
  CHECK(refusal(pool, std::vector<Shape>{{5}}) ==
        "max_pool2d: x has shape (5,), expected (N, C, H, W) or (C, H, W)");
  CHECK(
      refusal(pool, std::vector<Shape>{{1, 1, 5, 2}}) ==
      "max_pool2d: x has shape 2 along axis 1 of its plane, expected dilation (kernel − 1) + 1 ≤ "
      "in "
      "+ 2 padding, here 3 ≤ 2; out = ⌊(in + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1");
  CHECK(refusal(standard("max_pool1d", {{"kernel_size", 2.0}, {"dilation", 3.0}, {"padding", 1.0}}),
                std::vector<Shape>{{1, 2}}) ==
        "max_pool1d: x has shape (1, 2), expected planes of which every window sees an entry, not "
        "padding alone");
  CHECK(
      refusal(standard("global_avg_pool"), std::vector<Shape>{{2, 3}}) ==
      "global_avg_pool: x has shape (2, 3), expected (N, C, ...) with at least one entry for each "
      "channel");
  CHECK(refusal(standard("adaptive_avg_pool2d", {{"output_size", 2.0}}),
                std::vector<Shape>{{1, 3, 0}}) ==
        "adaptive_avg_pool2d: a plane of x has shape (3, 0), expected at least one entry");
}

TEST_CASE("pooling: settings out of their range are refused") {
  CHECK(refused_settings("max_pool2d", {{"kernel_size", 0.0}}) ==
        "max_pool2d: kernel_size has 0, expected one integer, or 2 of them, each ≥ 1");
  CHECK(refused_settings("avg_pool1d", {}) ==
        "avg_pool1d: kernel_size has no value, expected an integer or a list of integers");
  CHECK(refused_settings("avg_pool1d", {{"kernel_size", 3.0}, {"padding", 2.0}}) ==
        "avg_pool1d: padding has 2, expected at most half of kernel_size=3");
  CHECK(refused_settings("avg_pool2d", {{"kernel_size", 3.0}, {"divisor_override", 0.0}}) ==
        "avg_pool2d: divisor_override has 0, expected a number other than 0");
}
