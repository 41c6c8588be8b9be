#include <gradcheck/layers/resizing.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("interpolate, pad, pixel_shuffle: values agree with PyTorch") {
  // PyTorch 1.13, float64, of the same functions
  CHECK(near(value(standard("interpolate", {{"size", 3.0}}), {ramp({1, 2, 5}, 1)}),
             tensor({1, 2, 3}, {-1.25, 0.0, -0.75, -1.5, -0.25, -1.0}), 1e-14L, 1e-15L));
  CHECK(near(value(standard("interpolate", {{"scale_factor", 2.0}}), {ramp({1, 1, 2, 3}, 1)}),
             tensor({1, 1, 4, 6},
                    {-1.25, -1.25, 0.0, 0.0, 1.25, 1.25, -1.25, -1.25, 0.0, 0.0, 1.25, 1.25,
                     -0.75, -0.75, 0.5, 0.5, -1.5, -1.5, -0.75, -0.75, 0.5, 0.5, -1.5, -1.5}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("interpolate", {{"size", std::vector<double>{5, 3}},
                                            {"mode", std::string("bilinear")}}),
                   {ramp({1, 1, 3, 4}, 1)}),
             tensor({1, 1, 5, 3}, {-1.0416666666666667, 0.625, -0.4166666666666661,
                                   -0.5583333333333335, 0.025000000000000085, 0.06666666666666682,
                                   0.16666666666666674, -0.875, 0.7916666666666663,
                                   -0.4083333333333332, 0.17499999999999977, 0.21666666666666698,
                                   -0.7916666666666667, 0.8749999999999999, -0.16666666666666607}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("interpolate", {{"scale_factor", std::vector<double>{1.5, 2.0}},
                                            {"mode", std::string("bilinear")},
                                            {"align_corners", false}}),
                   {ramp({1, 1, 3, 3}, 1)}),
             tensor({1, 1, 4, 6}, {-1.25,
                                   -0.9375,
                                   -0.3125,
                                   0.3125,
                                   0.9375,
                                   1.25,
                                   -1.0,
                                   -0.6875,
                                   -0.06250000000000003,
                                   0.15625000000000003,
                                   -0.031249999999999917,
                                   -0.12499999999999989,
                                   -0.6666666666666667,
                                   -0.35416666666666674,
                                   0.27083333333333326,
                                   0.08333333333333326,
                                   -0.9166666666666667,
                                   -1.4166666666666665,
                                   -0.33333333333333337,
                                   -0.02083333333333337,
                                   0.6041666666666667,
                                   0.4166666666666667,
                                   -0.5833333333333335,
                                   -1.0833333333333335}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("interpolate", {{"size", std::vector<double>{4, 5}},
                                            {"mode", std::string("bilinear")},
                                            {"align_corners", true}}),
                   {ramp({1, 1, 3, 2}, 1)}),
             tensor({1, 1, 4, 5}, {-1.25,
                                   -0.9375,
                                   -0.625,
                                   -0.3125,
                                   0.0,
                                   0.4166666666666665,
                                   0.1875,
                                   -0.04166666666666673,
                                   -0.27083333333333337,
                                   -0.5,
                                   1.0,
                                   0.5,
                                   5.551115123125783e-17,
                                   -0.4999999999999999,
                                   -0.9999999999999999,
                                   0.5,
                                   0.0,
                                   -0.5,
                                   -1.0,
                                   -1.5}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("interpolate", {{"size", 5.0}, {"mode", std::string("linear")}}),
                   {ramp({1, 1, 3}, 1)}),
             tensor({1, 1, 5}, {-1.25, -0.7500000000000001, 0.0, 0.7499999999999998, 1.25}), 1e-14L,
             1e-15L));
  CHECK(near(value(standard("pad", {{"pad", std::vector<double>{1, 2}}, {"value", 0.5}}),
                   {ramp({2, 3}, 1)}),
             tensor({2, 6}, {0.5, -1.25, 0.0, 1.25, 0.5, 0.5, 0.5, -0.75, 0.5, -1.5, 0.5, 0.5}),
             1e-14L, 1e-15L));
  CHECK(near(
      value(standard("pad",
                     {{"pad", std::vector<double>{2, 1, 1, 0}}, {"mode", std::string("reflect")}}),
            {ramp({1, 2, 2, 3}, 1)}),
      tensor({1, 2, 3, 6}, {-1.5, 0.5, -0.75, 0.5, -1.5, 0.5, 1.25, 0.0, -1.25, 0.0, 1.25, 0.0,
                            -1.5, 0.5, -0.75, 0.5, -1.5, 0.5, -0.5, 1.5, 0.25,  1.5, -0.5, 1.5,
                            -1.0, 1.0, -0.25, 1.0, -1.0, 1.0, -0.5, 1.5, 0.25,  1.5, -0.5, 1.5}),
      1e-14L, 1e-15L));
  CHECK(near(value(standard("pad", {{"pad", std::vector<double>{1, 3}},
                                    {"mode", std::string("replicate")}}),
                   {ramp({1, 2, 3}, 1)}),
             tensor({1, 2, 7}, {-1.25, -1.25, 0.0, 1.25, 1.25, 1.25, 1.25, -0.75, -0.75, 0.5, -1.5,
                                -1.5, -1.5, -1.5}),
             1e-14L, 1e-15L));
  CHECK(near(
      value(
          standard("pad", {{"pad", std::vector<double>{3, 2}}, {"mode", std::string("circular")}}),
          {ramp({1, 1, 4}, 1)}),
      tensor({1, 1, 9}, {0.0, 1.25, -0.75, -1.25, 0.0, 1.25, -0.75, -1.25, 0.0}), 1e-14L, 1e-15L));
  CHECK(
      near(value(standard("pad", {{"pad", std::vector<double>{-1, 2, 1, -1}}}), {ramp({2, 4}, 1)}),
           tensor({2, 5}, {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.25, -0.75, 0.0, 0.0}), 1e-14L, 1e-15L));
  CHECK(near(value(standard("pixel_shuffle", {{"upscale_factor", 2.0}}), {ramp({1, 8, 2, 3}, 1)}),
             tensor({1, 2, 4, 6}, {-1.25, -0.25, 0.0,   1.0,   1.25, -1.0, 0.75, -1.5, -1.25, -0.25,
                                   0.0,   1.0,   -0.75, 0.25,  0.5,  1.5,  -1.5, -0.5, 1.25,  -1.0,
                                   -0.75, 0.25,  0.5,   1.5,   -0.5, 0.5,  0.75, -1.5, -1.25, -0.25,
                                   1.5,   -0.75, -0.5,  0.5,   0.75, -1.5, 0.0,  1.0,  1.25,  -1.0,
                                   -0.75, 0.25,  -1.25, -0.25, 0.0,  1.0,  1.25, -1.0}),
             1e-14L, 1e-15L));
}

TEST_CASE("interpolate, pad, pixel_shuffle: gradients agree with central differences") {
  const Tensor image = random_signed({2, 2, 3, 4}, 0.5, 2, 1);
  for (const char* mode : {"nearest", "bilinear"}) {
    check_layer(
        standard("interpolate", {{"size", std::vector<double>{5, 3}}, {"mode", std::string(mode)}}),
        {image});
  }
  check_layer(
      standard("interpolate",
               {{"scale_factor", 2.5}, {"mode", std::string("bilinear")}, {"align_corners", true}}),
      {image});
  check_layer(standard("interpolate", {{"size", 3.0}, {"mode", std::string("trilinear")}}),
              {random_signed({1, 1, 2, 2, 4}, 0.5, 2, 2)});
  for (const char* mode : {"constant", "reflect", "replicate", "circular"}) {
    check_layer(
        standard("pad", {{"pad", std::vector<double>{2, 3, 1, 0}}, {"mode", std::string(mode)}}),
        {image});
  }
  check_layer(standard("pad", {{"pad", std::vector<double>{-1, 2}}, {"value", 3.0}}), {image});
  check_layer(standard("pixel_shuffle", {{"upscale_factor", 3.0}}),
              {random_signed({1, 18, 2, 1}, 0.5, 2, 3)});
}

TEST_CASE("interpolate: requests that make no sense are refused") {
  CHECK(refused_settings("interpolate", {}) ==
        "interpolate: size and scale_factor has neither given, expected one of them");
  CHECK(refused_settings("interpolate", {{"size", 2.0}, {"scale_factor", 2.0}}) ==
        "interpolate: size and scale_factor has both given, expected one of them");
  CHECK(refused_settings("interpolate", {{"scale_factor", -2.0}}) ==
        "interpolate: scale_factor has a factor that is not positive, expected positive numbers");
  CHECK(refused_settings("interpolate", {{"size", 2.0}, {"align_corners", true}}) ==
        "interpolate: align_corners has a value for mode=\"nearest\", expected mode linear, "
        "bilinear or "
        "trilinear");
  CHECK(refusal(standard("interpolate", {{"size", 2.0}, {"mode", std::string("bilinear")}}),
                std::vector<Shape>{{1, 2, 3}}) ==
        "interpolate: x has shape (1, 2, 3), expected (N, C, ...) with 2 axes after the channels "
        "and no "
        "extent 0, for mode=\"bilinear\"");
  CHECK(refusal(standard("interpolate", {{"scale_factor", 0.2}}), std::vector<Shape>{{1, 2, 3}}) ==
        "interpolate: x has shape (1, 2, 3), expected extents that scale_factor leaves at least 1, "
        "out "
        "= ⌊in scale_factor⌋");
  CHECK(refusal(standard("interpolate", {{"scale_factor", std::vector<double>{2, 2}}}),
                std::vector<Shape>{{1, 2, 3}}) ==
        "interpolate: scale_factor has 2 numbers, expected one number, or 1");
}

TEST_CASE("interpolate, pad: results beyond all measure are refused before they are made") {
  const std::string too_long = "an axis of the result has shape ";
  CHECK(refusal(standard("interpolate", {{"scale_factor", 1e300}}), std::vector<Shape>{{1, 1, 3}})
            .find(too_long) != std::string::npos);
  CHECK(refusal(standard("pad", {{"pad", std::vector<double>{1e8, 0}}}), std::vector<Shape>{{1, 3}})
            .find(too_long) != std::string::npos);
}

TEST_CASE("pad: requests that make no sense are refused") {
  const auto refused = [](const char* mode, const std::vector<double>& pad, const Shape& x) {
    return refusal(standard("pad", {{"pad", pad}, {"mode", std::string(mode)}}),
                   std::vector<Shape>{x});
  };
  CHECK(refused_settings("pad", {{"pad", std::vector<double>{1, 2, 3}}}) ==
        "pad: pad has [1, 2, 3], expected two integers an axis, before and after, the last axis "
        "first");
  CHECK(refused_settings("pad", {{"pad", std::vector<double>{1, 2}},
                                 {"mode", std::string("reflect")},
                                 {"value", 2.0}}) ==
        "pad: value has 2, expected mode=\"constant\"");
  CHECK(refused("constant", {1, 1, 1, 1}, {3}) ==
        "pad: x has shape (3,), expected at least 2 axes for pad=[1, 1, 1, 1]");
  CHECK(
      refused("reflect", {1, 3}, {2, 3}) ==
      "pad: x has shape 3 along an axis that gets 1 and 3 more, expected more than either of them, "
      "for mode=\"reflect\"");
  CHECK(refused("reflect", {1, 2}, {2, 3}) == "");
  CHECK(refused("circular", {4, 0}, {2, 3}) ==
        "pad: x has shape 3 along an axis that gets 4 and 0 more, expected at least as many as "
        "either "
        "of them, for mode=\"circular\"");
  CHECK(refused("replicate", {1, 0}, {2, 0}) ==
        "pad: x has shape 0 along an axis that gets 1 and 0 more, expected at least 1, for "
        "mode=\"replicate\"");
  CHECK(
      refused("constant", {-2, -2}, {2, 3}) ==
      "pad: x has shape 3 along an axis that loses 2 and 2, expected at least as many, out = in + "
      "before + after");
}

TEST_CASE("pixel_shuffle: channels that do not fit are refused") {
  CHECK(refused_settings("pixel_shuffle", {{"upscale_factor", 0.0}}) ==
        "pixel_shuffle: upscale_factor has 0, expected an integer ≥ 1");
  CHECK(refusal(standard("pixel_shuffle", {{"upscale_factor", 2.0}}),
                std::vector<Shape>{{1, 6, 2, 2}}) ==
        "pixel_shuffle: x has shape (1, 6, 2, 2), expected a multiple of r² channels with r = "
        "upscale_factor = 2; y is (N, C / r², H r, W r)");
  CHECK(refusal(standard("pixel_shuffle", {{"upscale_factor", 1e12}}),
                std::vector<Shape>{{1, 4, 2, 2}})
            .find("upscale_factor = 1000000000000;") != std::string::npos);
}
