#include <gradcheck/layers/activations.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor points = vector({-3, -0.7, 0.7, 3});

/// Values at −3, −0.7, 0.7 and 3 to 21 digits (mpmath 1.3, 30 digits, at the doubles nearest to
/// ±0.7).
struct Row {
  const char* name;
  Settings settings;
  std::vector<double> y;
};
const std::vector<Row> rows{
    {"relu", {}, {0, 0, 0.7, 3}},
    {"leaky_relu", {{"negative_slope", 0.25}}, {-0.75, -0.175, 0.7, 3}},
    {"elu", {}, {-0.950212931632136057021, -0.503414696208590463242, 0.7, 3}},
    {"elu", {{"alpha", 2.0}}, {-1.900425863264272114042, -1.006829392417180926484, 0.7, 3}},
    {"selu",
     {},
     {-1.67056872876711197492, -0.885053045577205360278, 0.735490691148836298733,
      3.15210296206644148026}},
    {"sigmoid",
     {},
     {0.0474258731775667808788, 0.331812227831833903315, 0.668187772168166096685,
      0.952574126822433219121}},
    {"softplus",
     {},
     {0.0485873515737420587589, 0.403186048885457907926, 1.10318604888545786352,
      3.04858735157374205876}},
    {"softplus",
     {{"beta", 2.0}},
     {0.00123784256886522476543, 0.110208704959225472087, 0.810208704959225427678,
      3.00123784256886522477}},
    {"tanh",
     {},
     {-0.995054753686730451332, -0.604367777117163468121, 0.604367777117163468121,
      0.995054753686730451332}},
    {"gelu",
     {},
     {-0.00404969409489028357996, -0.169374556556151109286, 0.530625443443848846305,
      2.99595030590510971642}},
    {"gelu",
     {{"approximate", std::string("tanh")}},
     {-0.00363739208177301883782, -0.169429865294883247749, 0.530570134705116707842,
      2.99636260791822698116}},
    {"silu",
     {},
     {-0.142277619532700342637, -0.232268559482283717585, 0.467731440517716238006,
      2.85772238046729965736}},
    {"mish",
     {},
     {-0.145647461275624587315, -0.267870234795500965397, 0.561148377643851858699,
      2.98653500496795731906}},
    {"log_sigmoid",
     {},
     {-3.04858735157374205876, -1.10318604888545786352, -0.403186048885457907926,
      -0.0485873515737420587589}},
    {"tanhshrink",
     {},
     {-2.00494524631326954867, -0.0956322228828364874705, 0.0956322228828364874705,
      2.00494524631326954867}},
    {"softsign", {}, {-0.75, -0.41176470588235292581, 0.41176470588235292581, 0.75}},
    {"celu",
     {{"alpha", 1.5}},
     {-1.29699707514508096216, -0.559366372090415779855, 0.699999999999999955591, 3}},
};

double slope(const LayerPtr& layer, double x) {
  return gradients<double>(layer, {vector({x})}, {vector({1})})[0].data()[0];
}
double at(const LayerPtr& layer, double x) { return value(layer, {vector({x})}).data()[0]; }

}  // namespace

TEST_CASE("activations: values agree with mpmath") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(near(value(standard(row.name, row.settings), {points}), vector(row.y), 2e-15L));
  }
}

TEST_CASE("activations: gradients agree with central differences") {
  for (const Row& row : rows) {
    const LayerPtr layer = standard(row.name, row.settings);
    if (layer->kinked()) {
      check_layer(layer, {random_signed({3, 5}, 0.1, 8, 1)});
    } else {
      check_values(layer, {random_signed({3, 5}, 0.1, 8, 1)});
      check_gradients(layer, {random_signed({3, 5}, 0.01, 8, 1)});
      if (row.name != std::string("tanhshrink")) {  // its derivative at 0 is 0
        check_gradients(layer, {vector({0.0, -0.0})});
      }
    }
  }
}

TEST_CASE("activations: the slope at 0 is PyTorch's") {
  CHECK(slope(standard("relu"), 0.0) == 0);
  CHECK(slope(standard("relu"), -0.0) == 0);
  CHECK(slope(standard("leaky_relu"), 0.0) == 0.01);
  CHECK(slope(standard("elu", {{"alpha", 2.0}}), 0.0) == 2);
  CHECK(same_value(slope(standard("selu"), 0.0), 1.75809934084737685994));
}

TEST_CASE("sigmoid: value and slope keep their digits far from 0") {
  const LayerPtr sigmoid = standard("sigmoid");
  CHECK(same_value(at(sigmoid, -40), 4.24835425529158897728e-18));
  CHECK(same_value(slope(sigmoid, -40), 4.24835425529158895923e-18));
  CHECK(same_value(slope(sigmoid, 40), 4.24835425529158895923e-18));
  CHECK(at(sigmoid, 1000) == 1);
  CHECK(at(sigmoid, -1000) == 0);
  CHECK(slope(sigmoid, 1000) == 0);
  CHECK(at(sigmoid, INFINITY) == 1);
  CHECK(at(sigmoid, -INFINITY) == 0);
}

TEST_CASE("tanh, softplus, gelu: keep their digits far from 0") {
  CHECK(same_value(slope(standard("tanh"), 40), 7.21940555138166068925e-35));
  CHECK(same_value(slope(standard("tanh"), -40), 7.21940555138166068925e-35));
  CHECK(slope(standard("tanh"), -1000) == 0);
  CHECK(same_value(at(standard("softplus"), -40), 4.2483542552915889863e-18));
  CHECK(at(standard("softplus"), 1000) == 1000);
  CHECK(at(standard("softplus"), -1000) == 0);
  CHECK(same_value(at(standard("softplus", {{"beta", 2.0}}), -40), 9.02425693922707586156e-36));
  CHECK(at(standard("gelu"), 40) == 40);
  CHECK(at(standard("gelu", {{"approximate", std::string("tanh")}}), -40) == 0);
}

TEST_CASE("tanhshrink: keeps its digits near 0") {
  const Tensor x = vector({1e-3, -0.1, 0.5, 1, 1e-8});
  CHECK(
      near(value(standard("tanhshrink"), {x}),
           vector({3.33333200000053989049e-10, -0.000332005375044182936838,
                   0.0378828427399902414977, 0.238405844044235111881, 3.33333333333333340923e-25}),
           1e-15L));
}

TEST_CASE("mish, log_sigmoid: do not overflow, and keep their digits far from 0") {
  CHECK(at(standard("mish"), 1000) == 1000);
  CHECK(at(standard("mish"), -1000) == 0);
  CHECK(at(standard("log_sigmoid"), -1000) == -1000);
  CHECK(same_value(at(standard("log_sigmoid"), 40), -4.2483542552915889863e-18));
}

TEST_CASE("softsign, celu: their second derivative jumps at 0, so nothing is a tie") {
  for (const char* name : {"softsign", "celu"}) {
    CHECK(standard(name)->kinked());
    CHECK(ties(standard(name), {vector({0})}, 1).empty());
    check_branches(standard(name), {vector({0.0, -0.0, 1e-300, -2, 2})});
  }
}

TEST_CASE("activations: gradients are finite wherever x is") {
  const std::vector<double> far{25, 1e5, 1e52, 1e103, 1e154, 1e155, 1e200, 1e308};
  for (const Row& row : rows) {
    for (const double x : far) {
      CAPTURE(row.name);
      CAPTURE(x);
      CHECK(std::isfinite(slope(standard(row.name, row.settings), x)));
      CHECK(std::isfinite(slope(standard(row.name, row.settings), -x)));
    }
  }
  const LayerPtr gelu = standard("gelu", {{"approximate", std::string("tanh")}});
  CHECK(slope(gelu, 1e150) == 1);
  CHECK(slope(gelu, -1e150) == 0);
}

TEST_CASE("selu: its constants are those of the closed form") {
  // alpha = -sqrt(2/pi) / (erfc(1/sqrt 2) exp(1/2) - 1), and lambda likewise (mpmath 1.3).
  CHECK(same_value(double(Selu::alpha), 1.67326324235437728482));
  CHECK(same_value(double(Selu::lambda), 1.05070098735548049342));
}

TEST_CASE("kinked activations: held pieces give forward bit for bit, at 0 and -0 too") {
  const Tensor x = vector({0.0, -0.0, 1e-300, -1e-300, 2, -2, INFINITY});
  for (const char* name : {"relu", "leaky_relu", "elu", "selu"}) {
    CAPTURE(name);
    check_branches(standard(name), {x});
    CHECK(branches(standard(name), {x}) == Branches{0, 0, 1, 0, 1, 0, 1});
  }
}

TEST_CASE("kinked activations: a held piece goes on smoothly beyond the kink") {
  const Tensor x = vector({-0.5, 0.5});
  const auto held = [&](const char* name, Branches pieces) {
    const std::vector<const Tensor*> in{&x};
    return standard(name)->forward_along(pieces, Inputs<double>(in))[0];
  };
  CHECK(near(held("relu", {1, 0}), vector({-0.5, 0}), 0));
  CHECK(near(held("leaky_relu", {1, 0}), vector({-0.5, 0.005}), 0));
  CHECK(near(held("elu", {1, 0}), vector({-0.5, std::expm1(0.5)}), 0));
}

TEST_CASE("kinked activations: an argument within its width of 0 is a tie") {
  const double w = 1e-12;
  const double outside = std::nextafter(w, 1.0);
  const Tensor x = vector({0.0, -0.0, w, -w, outside, -outside});
  const std::vector<LayerPtr> layers{standard("relu"), standard("leaky_relu"),
                                     standard("elu", {{"alpha", 2.0}}), standard("selu")};
  for (const LayerPtr& layer : layers) {
    CAPTURE(layer->name());
    const std::vector<Tie> found = ties(layer, {x}, w);
    REQUIRE(found.size() == 4);
    CHECK(found[3].site == 3);
    CHECK(found[3].pieces == Branches{0, 1});
    CHECK(ties(layer, {x}, 0).size() == 2);
  }
}

TEST_CASE("leaky_relu with slope 1 has no kink, elu with alpha 1 no tie") {
  CHECK_FALSE(standard("leaky_relu", {{"negative_slope", 1.0}})->kinked());
  CHECK(ties(standard("leaky_relu", {{"negative_slope", 1.0}}), {vector({0})}, 1).empty());
  // Its second derivative jumps at 0, so its pieces are held, but its slopes meet.
  CHECK(standard("elu")->kinked());
  CHECK(ties(standard("elu"), {vector({0})}, 1).empty());
}

TEST_CASE("activations: NaN comes through") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(std::isnan(at(standard(row.name, row.settings), std::nan(""))));
  }
}

TEST_CASE("activations: settings that make no sense are refused") {
  CHECK(refused_settings("relu", {{"slope", 0.1}}) ==
        "relu: unknown setting 'slope', it has no settings");
  CHECK(refused_settings("leaky_relu", {{"slope", 0.1}}) ==
        "leaky_relu: unknown setting 'slope', did you mean 'negative_slope'?");
  CHECK(refused_settings("softplus", {{"beta", 0.0}}) ==
        "softplus: beta has 0, expected a positive number");
  CHECK(refused_settings("celu", {{"alpha", 0.0}}) ==
        "celu: alpha has 0, expected a number other than 0");
  CHECK(refused_settings("gelu", {{"approximate", std::string("erf")}}) ==
        "gelu: approximate has \"erf\", expected \"none\" or \"tanh\"");
}
