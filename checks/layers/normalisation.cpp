#include <gradcheck/layers/batch_norm.hpp>
#include <gradcheck/layers/normalisation.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Settings scaled(Settings settings = {}) {
  settings["weight"] = true;
  settings["bias"] = true;
  return settings;
}

/// batch_norm with running statistics, weight and bias.
Settings all_given(bool training) {
  return scaled({{"running_mean", true},
                 {"running_var", true},
                 {"training", training},
                 {"momentum", 0.3},
                 {"eps", 1e-3}});
}

Tensors<double> batch_norm_inputs(const Shape& x, std::size_t channels) {
  return {random_signed(x, 0.5, 2, 1), random_signed({channels}, 0.5, 2, 2),
          random_uniform({channels}, 0.5, 2, 3), random_signed({channels}, 0.5, 2, 4),
          random_signed({channels}, 0.5, 2, 5)};
}

}  // namespace

TEST_CASE("normalisation: values agree with PyTorch") {
  // PyTorch 1.13, float64, of the same functions; rms_norm: its formula in PyTorch's operations
  CHECK(near(
      value(standard("layer_norm", {{"weight", true}, {"bias", true}}),
            {ramp({2, 3, 4}, 1), ramp({4}, 2), ramp({4}, 3)}),
      tensor({2, 3, 4},
             {0.3783232673864263,  1.6493369030364389,  -0.6449162566126975, -1.097347612145755,
              -1.347347612145755,  0.35508374338730253, 0.6493369030364388,  0.6283232673864263,
              0.3783232673864263,  1.6493369030364389,  -0.6449162566126975, -1.097347612145755,
              -1.347347612145755,  0.35508374338730253, 0.6493369030364388,  0.6283232673864263,
              -0.4070060578780697, 2.5289818263657904,  1.5289818263657908,  -0.15700605787806993,
              -1.347347612145755,  0.35508374338730253, 0.6493369030364388,  0.6283232673864263}),
      1e-14L, 1e-15L));
  CHECK(near(
      value(standard("layer_norm", {{"normalized_shape", std::vector<double>{3, 4}}, {"eps", 0.1}}),
            {ramp({2, 3, 4}, 1)}),
      tensor({2, 3, 4},
             {-1.1892045092612198, 0.06258971101374843, 1.3143839312887167,   -0.6884868211512325,
              0.5633073991237357,  -1.4395633533162135, -0.1877691330412452,  1.064025087233723,
              -0.9388456652062261, 0.3129485550687421,  1.5647427753437102,   -0.43812797709623885,
              0.6995233247112661,  -1.2756013568264264, -0.04114843086536858, 1.1933044950956893,
              -0.7818201864420032, 0.4526327395190545,  -1.5224919420186378,  -0.28803901605758014,
              0.9464139099034776,  -1.0287107716342148, 0.20574215432684295,  1.4401950802879007}),
      1e-14L, 1e-15L));
  CHECK(near(
      value(standard("group_norm", {{"num_groups", 2.0}, {"weight", true}, {"bias", true}}),
            {ramp({2, 4, 3}, 1), ramp({4}, 2), ramp({4}, 3)}),
      tensor({2, 4, 3},
             {0.23520654860432944,  -1.049845471314361,  -2.3348974912330513,  1.14661069452236,
              2.110399709461378,    0.5683372855589492,  0.8625237439882221,   -0.22504748797644403,
              1.5150664831670215,   -0.4033270016031407, 1.0467679743497473,   -1.2733839871748736,
              -1.5233839871748738,  0.7967679743497479,  -0.6533270016031407,  2.515066483167022,
              0.7749525120235556,   1.862523743988222,   1.5706147926634857,   0.6784357987772476,
              -0.21374319510899042, -1.4516575934786538, -0.26208560163033656, 0.9274863902179808}),
      1e-14L, 1e-15L));
  CHECK(near(value(standard("instance_norm", {{"weight", true}, {"bias", true}}),
                   {ramp({2, 4, 3}, 1), ramp({4}, 2), ramp({4}, 3)}),
             tensor({2, 4, 3}, {0.4747389926585331,   -0.75,
                                -1.974738992658533,   1.348478231534235,
                                2.4848914950274716,   0.6666302734382932,
                                0.6515217684657648,   -0.4848914950274718,
                                1.3333697265617068,   -0.7020290246210199,
                                0.813188660036629,    -1.6111596354156092,
                                -1.8611596354156092,  0.5631886600366292,
                                -0.9520290246210199,  2.333369726561707,
                                0.5151085049725281,   1.6515217684657648,
                                1.4185542444938999,   0.5,
                                -0.4185542444938999,  -1.724738992658533,
                                -0.49999999999999994, 0.7247389926585331}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("rms_norm", {{"weight", true}, {"eps", 1e-05}}),
                   {ramp({2, 3, 4}, 1), ramp({4}, 2)}),
             tensor({2, 3, 4}, {1.3018820487722074,
                                0.0,
                                -0.9764115365791555,
                                -0.7811292292633245,
                                -0.5298099684626139,
                                -1.192072429040881,
                                0.1986787381734802,
                                1.0596199369252277,
                                1.0596199369252277,
                                0.1986787381734802,
                                -1.192072429040881,
                                -0.5298099684626139,
                                -0.7811292292633245,
                                -0.9764115365791555,
                                -0.0,
                                1.3018820487722074,
                                0.8485227068959106,
                                0.42426135344795524,
                                1.2727840603438658,
                                -0.28284090229863684,
                                -0.9630823582276028,
                                -0.7223117686707021,
                                -0.18057794216767553,
                                1.4446235373414043}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("local_response_norm",
                            {{"size", 4.0}, {"alpha", 0.5}, {"beta", 0.6}, {"k", 2.0}}),
                   {ramp({1, 5, 3}, 1)}),
             tensor({1, 5, 3}, {-0.7652391771720191, 0.0, 0.7254382277541197, -0.4581961669713493,
                                0.3153192877408419, -0.8451828981527235, -0.1524180073676952,
                                0.5859131231922774, -0.5594329487098835, 0.15765964387042095,
                                0.8391494230648251, -0.2929565615961387, 0.4824813030351315,
                                -0.7043190817939362, 0.0}),
             1e-14L, 1e-15L));
}

TEST_CASE("local_response_norm: values and gradients of numbers whose squares overflow") {
  // x (1 + x²)^−3/4 is x^−1/2 there, and its derivative is below the smallest number.
  const LayerPtr layer = standard("local_response_norm", {{"size", 1.0}, {"alpha", 1.0}});
  const Tensor x = tensor({1, 3, 1}, {1e296, -1e200, 0.5});
  const Tensor y = value(layer, {x});
  CHECK(near(y, tensor({1, 3, 1}, {1e-148, -1e-100, 0.5 / std::pow(1.25, 0.75)}), 1e-13L, 0));
  const Tensor ones = full<double>({1, 3, 1}, 1);
  const LayerPtr seen = standard("local_response_norm", {{"size", 2.0}});
  for (const LayerPtr& each : {layer, seen}) {
    const Tensors<double> dx = gradients<double>(each, {x}, {ones});
    for (const double derivative : entries(dx[0])) {
      CHECK(std::isfinite(derivative));
    }
  }
}

TEST_CASE("batch_norm: values and running statistics agree with PyTorch") {
  // PyTorch 1.13, float64: F.batch_norm(x, m, v, w, b, training, momentum=0.3, eps=1e-3)
  Tensors<double> x{ramp({2, 3, 2, 2}, 1), ramp({3}, 2), ramp({3}, 3), ramp({3}, 4), ramp({3}, 5)};
  for (double& variance : entries(x[2])) {
    variance = std::abs(variance) + 0.5;
  }
  const Tensors<double> y = run(standard("batch_norm", all_given(true)), x);
  CHECK(near(y[0],
             tensor({2, 3, 2, 2}, {0.40059178720179645,
                                   -0.25,
                                   -0.9005917872017964,
                                   0.14035507232107788,
                                   -1.1474338205368884,
                                   1.1499967600375458,
                                   -0.28589735282147555,
                                   -1.721791465680497,
                                   1.7017753616053897,
                                   -0.25,
                                   -2.2017753616053897,
                                   0.9210652169632337,
                                   -0.6403550723210779,
                                   0.40059178720179645,
                                   -0.25,
                                   -0.9005917872017964,
                                   0.288460292322133,
                                   -1.1474338205368884,
                                   1.1499967600375458,
                                   -0.28589735282147555,
                                   -1.4210652169632336,
                                   1.7017753616053897,
                                   -0.25,
                                   -2.2017753616053897}),
             1e-14L, 1e-15L));
  CHECK(near(y[1], tensor({3}, {-0.7, 0.44062499999999993, -0.4499999999999999}), 1e-14L));
  CHECK(near(y[2], tensor({3}, {1.1910714285714286, 1.6594866071428571, 1.0160714285714285}),
             1e-14L));
  const Tensors<double> fixed = run(standard("batch_norm", all_given(false)), x);
  CHECK(near(
      fixed[0],
      tensor(
          {2, 3, 2, 2},
          {-0.13824129566962085, -0.6970348173215168,  -1.2558283389734128, -0.36175870433037927,
           -0.07326748231127439, 1.3405926591985302,   0.45693007075490233, -0.42673251768872555,
           0.12481264050791507,  -1.7492505620316599,  -3.6233137645712343, -0.6248126405079149,
           -1.0323109303126545,  -0.13824129566962085, -0.6970348173215168, -1.2558283389734128,
           0.8103951061323535,   -0.07326748231127439, 1.3405926591985302,  0.45693007075490233,
           -2.8736884835554046,  0.12481264050791507,  -1.7492505620316599, -3.6233137645712343}),
      1e-14L, 1e-15L));
  CHECK(same_bits(fixed[1], x[1]));
  CHECK(same_bits(fixed[2], x[2]));
}

TEST_CASE("normalisation: gradients agree with central differences") {
  const Tensor x = random_signed({3, 4, 5}, 0.5, 2, 1);
  const Tensor w = random_signed({5}, 0.5, 2, 2), b = random_signed({5}, 0.5, 2, 3);
  check_layer(standard("layer_norm", scaled()), {x, w, b});
  check_layer(standard("layer_norm", {{"weight", true}, {"eps", 0.5}}),
              {x, random_signed({4, 5}, 0.5, 2, 2)});
  check_layer(standard("layer_norm", {{"bias", true}}), {x, b});
  check_layer(standard("rms_norm", {{"weight", true}}), {x, w});
  check_layer(standard("rms_norm", {{"normalized_shape", std::vector<double>{4, 5}}, {"eps", 0.1}}),
              {x});
  const Tensor c = random_signed({4}, 0.5, 2, 4), d = random_signed({4}, 0.5, 2, 5);
  check_layer(standard("group_norm", scaled({{"num_groups", 2.0}})), {x, c, d});
  check_layer(standard("group_norm", {{"num_groups", 4.0}}), {random_signed({3, 12}, 0.5, 2, 1)});
  check_layer(standard("instance_norm", scaled()), {x, c, d});
  check_layer(standard("instance_norm"), {random_signed({1, 2, 3, 2}, 0.5, 2, 1)});
  check_layer(standard("local_response_norm", {{"size", 3.0}, {"alpha", 0.7}, {"k", 1.5}}), {x});
  check_layer(standard("local_response_norm", {{"size", 4.0}, {"beta", 2.0}}), {x});
}

TEST_CASE("batch_norm: gradients agree with central differences, those of its statistics too") {
  for (const bool training : {true, false}) {
    for (const Shape& x : {Shape{5, 3}, Shape{2, 3, 2, 2}, Shape{2, 3, 4}}) {
      check_layer(standard("batch_norm", all_given(training)), batch_norm_inputs(x, 3));
    }
  }
  check_layer(standard("batch_norm", {{"training", true}}), {random_signed({5, 3}, 0.5, 2, 1)});
  check_layer(standard("batch_norm", {{"training", true}, {"running_var", true}, {"bias", true}}),
              {random_signed({5, 3}, 0.5, 2, 1), random_uniform({3}, 0.5, 2, 3),
               random_signed({3}, 0.5, 2, 5)});
}

TEST_CASE("instance_norm: running statistics are means over the samples") {
  Settings all = scaled();
  all.insert({{"running_mean", true}, {"running_var", true}, {"momentum", 0.25}});
  const Tensors<double> x{tensor({2, 1, 2}, {1, 3, 10, 16}), vector({8}), vector({4}), vector({2}),
                          vector({1})};
  const Tensors<double> y = run(standard("instance_norm", all), x);
  CHECK(near(y[1], vector({0.75 * 8 + 0.25 * (2 + 13) / 2}), 0));  // means 2 and 13
  CHECK(near(y[2], vector({0.75 * 4 + 0.25 * (2 + 18) / 2}), 0));  // variances 1 and 9, n = 2
  all["use_input_stats"] = false;
  all["eps"] = 0.0;
  CHECK(near(value(standard("instance_norm", all), x), tensor({2, 1, 2}, {-6, -4, 3, 9}), 0));
}

TEST_CASE("instance_norm: gradients agree with central differences, of its statistics too") {
  for (const bool own : {true, false}) {
    Settings all = scaled();
    all.insert({{"running_mean", true}, {"running_var", true}, {"use_input_stats", own}});
    check_layer(standard("instance_norm", all), batch_norm_inputs({3, 2, 4}, 2));
  }
  check_layer(standard("instance_norm", {{"running_mean", true}}),
              {random_signed({3, 2, 4}, 0.5, 2, 1), random_signed({2}, 0.5, 2, 2)});
}

TEST_CASE("normalisation: a large mean costs no digits") {
  // x = m + (0, 1, 3): (x − μ) / σ is that of (0, 1, 3), all of them exact in double
  const Tensor near_zero =
      value(standard("layer_norm", {{"normalized_shape", 3.0}}), {tensor({1, 3}, {0, 1, 3})});
  const Tensor far = value(standard("layer_norm", {{"normalized_shape", 3.0}}),
                           {tensor({1, 3}, {1e12, 1e12 + 1, 1e12 + 3})});
  CHECK(near(far, near_zero, 1e-15L));
}

TEST_CASE("normalisation: equal entries give the bias, and a finite gradient") {
  const LayerPtr norm = standard("layer_norm", {{"normalized_shape", 3.0}});
  const Tensor x = full<double>({2, 3}, 0.7);
  CHECK(near(value(norm, {x}), zeros<double>({2, 3}), 0));
  CHECK(all_finite(gradients<double>(norm, {x}, {ramp({2, 3}, 1)})[0]));
}

TEST_CASE("normalisation: shapes that do not fit are refused") {
  CHECK(
      refusal(standard("layer_norm", {{"weight", true}}), std::vector<Shape>{{2, 3}, {2}}) ==
      "layer_norm: weight has shape (2,), expected the last extents of x, which has shape (2, 3)");
  CHECK(refusal(standard("layer_norm", scaled()), std::vector<Shape>{{2, 3}, {3}, {2, 3}}) ==
        "layer_norm: bias has shape (2, 3), expected (3,), the axes that are normalised");
  CHECK(refusal(standard("group_norm", {{"num_groups", 3.0}}), std::vector<Shape>{{2, 4, 5}}) ==
        "group_norm: num_groups has 3, expected a divisor of the 4 channels of x, which has shape "
        "(2, "
        "4, 5)");
  CHECK(refusal(standard("group_norm", {{"num_groups", 2.0}, {"bias", true}}),
                std::vector<Shape>{{2, 4, 5}, {5}}) ==
        "group_norm: bias has shape (5,), expected (4,), one entry for each channel of x");
  CHECK(refusal(standard("instance_norm"), std::vector<Shape>{{2, 4}}) ==
        "instance_norm: x has shape (2, 4), expected (N, C, L, ...)");
  CHECK(refusal(standard("instance_norm"), std::vector<Shape>{{2, 4, 1}}) ==
        "instance_norm: x has shape (2, 4, 1), expected at least two entries for each channel of a "
        "sample, n − 1 > 0");
  CHECK(refused_settings("instance_norm", {{"use_input_stats", false}}) ==
        "instance_norm: running_mean has no value, expected a tensor (C), or use_input_stats=true");
  CHECK(refusal(standard("local_response_norm", {{"size", 2.0}}), std::vector<Shape>{{2, 4}}) ==
        "local_response_norm: x has shape (2, 4), expected (N, C, L, ...)");
  CHECK(
      refusal(standard("rms_norm", {{"normalized_shape", 4.0}}), std::vector<Shape>{{2, 3}}) ==
      "rms_norm: normalized_shape has shape (4,), expected the last extents of x, which has shape "
      "(2, 3)");
}

TEST_CASE("batch_norm: shapes and values that do not fit are refused") {
  CHECK(refusal(standard("batch_norm", {{"training", true}}), std::vector<Shape>{{1, 3}}) ==
        "batch_norm: x has shape (1, 3), expected at least two entries for each channel in "
        "training, n "
        "− 1 > 0");
  CHECK(refusal(standard("batch_norm", {{"training", true}, {"weight", true}}),
                std::vector<Shape>{{4, 3}, {4}}) ==
        "batch_norm: weight has shape (4,), expected (3,), one entry for each channel of x, which "
        "has "
        "shape (4, 3)");
  const LayerPtr fixed = standard("batch_norm", {{"running_mean", true}, {"running_var", true}});
  CHECK(refusal(fixed, std::vector<Shape>{{4, 3}, {3}, {1}}) ==
        "batch_norm: running_var has shape (1,), expected (3,), one entry for each channel of x, "
        "which "
        "has shape (4, 3)");
  CHECK(refusal(fixed, {ramp({2, 1}, 1), vector({0}), vector({-2})}) ==
        "batch_norm: running_var has -2, expected running_var + eps > 0");
}

TEST_CASE("normalisation: settings out of their range are refused") {
  CHECK(refused_settings("layer_norm", {}) ==
        "layer_norm: weight has no value, expected a tensor over the axes to normalise, or "
        "normalized_shape");
  CHECK(refused_settings("layer_norm", {{"weight", true}, {"eps", -1.0}}) ==
        "layer_norm: eps has -1, expected a number ≥ 0");
  CHECK(refused_settings("group_norm", {{"num_groups", 0.0}}) ==
        "group_norm: num_groups has 0, expected an integer ≥ 1");
  CHECK(refused_settings("batch_norm", {{"running_mean", true}}) ==
        "batch_norm: running_var has no value, expected a tensor (C), or training=true");
  CHECK(refused_settings("local_response_norm", {{"size", 0.0}}) ==
        "local_response_norm: size has 0, expected an integer ≥ 1");
}
