#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/piecewise.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

LayerType activation(const char* name, std::vector<std::string> aliases,
                     std::vector<SettingType> settings, const char* formula, const char* gradient,
                     std::function<LayerPtr(const Settings&)> make) {
  return {.name = name,
          .group = "activation",
          .aliases = std::move(aliases),
          .tensors = {"x"},
          .settings = std::move(settings),
          .formula = formula,
          .gradients = gradient,
          .shapes = "x and y of any one shape",
          .make = std::move(make)};
}

LayerPtr make_hard_tanh(const Settings& settings) {
  const double low = number_setting(settings, "min_val");
  const double high = number_setting(settings, "max_val");
  if (!(low < high)) {
    throw_value("hard_tanh", "max_val", number_text(high),
                "a number above min_val=" + number_text(low));
  }
  return make_layer("hard_tanh", KinkedUnary<HardTanh>{{low, high}});
}

double lambda_setting(const char* where, const Settings& settings) {
  const double lambda = number_setting(settings, "lambd");
  if (!(lambda >= 0)) {
    throw_value(where, "lambd", number_text(lambda), "a number from 0 up");
  }
  return lambda;
}

const std::vector<SettingType> shrink_settings{{"lambd", Kind::number, 0.5}};

}  // namespace

Shape PRelu::shape(const Shape& x, const Shape& weight) const {
  const std::size_t channels = x.size() < 2 ? 1 : x[1];
  const bool fits =
      weight.size() <= 1 && (entries_of(weight) == 1 || entries_of(weight) == channels);
  if (!fits) {
    throw_shape("prelu", "weight", to_string(weight),
                "(1,) or (" + std::to_string(channels) + ",), for x has shape " + to_string(x));
  }
  return x;
}

std::optional<Composition> Softmin::composition(std::span<const Shape> x) const {
  Composer c(x);
  return c.done(
      {c.call("softmax", {c.call("negate", {0})}, {{"axis", static_cast<double>(axis)}})});
}

void add_piecewise_activations(LayerLibrary& library) {
  library.add(activation("hard_tanh", {"hardtanh"},
                         {{"min_val", Kind::number, -1.0}, {"max_val", Kind::number, 1.0}},
                         "y = min(max(x, min_val), max_val)",
                         "dx = dy where min_val < x < max_val, else 0", make_hard_tanh));
  library.add(activation("relu6", {}, {}, "y = min(max(x, 0), 6)",
                         "dx = dy where 0 < x < 6, else 0", [](const Settings&) {
                           return make_layer("relu6", KinkedUnary<HardTanh>{{0, 6}});
                         }));
  library.add(activation("hard_sigmoid", {"hardsigmoid"}, {}, "y = min(max(x + 3, 0), 6) / 6",
                         "dx = dy / 6 where −3 < x < 3, else 0", [](const Settings&) {
                           return make_layer("hard_sigmoid", KinkedUnary<HardSigmoid>{});
                         }));
  library.add(activation(
      "hardswish", {"hard_swish"}, {}, "y = x min(max(x + 3, 0), 6) / 6",
      "dx = 0 below −3, dy ⊙ (2x + 3) / 6 up to 3, dy above",
      [](const Settings&) { return make_layer("hardswish", KinkedUnary<HardSwish>{}); }));
  library.add(activation("softshrink", {}, shrink_settings,
                         "y = x − λ where x > λ, x + λ where x < −λ, else 0; λ = lambd",
                         "dx = dy where |x| > λ, else 0", [](const Settings& settings) {
                           return make_layer(
                               "softshrink",
                               KinkedUnary<SoftShrink>{{lambda_setting("softshrink", settings)}});
                         }));
  library.add(activation(
      "hardshrink", {}, shrink_settings, "y = x where |x| > λ, else 0; λ = lambd",
      "dx = dy where |x| > λ, else 0", [](const Settings& settings) {
        return make_layer("hardshrink",
                          KinkedUnary<HardShrink>{{lambda_setting("hardshrink", settings)}});
      }));
  library.add(activation(
      "threshold", {},
      {{.name = "threshold", .kind = Kind::number}, {.name = "value", .kind = Kind::number}},
      "y = x where x > threshold, else value", "dx = dy where x > threshold, else 0",
      [](const Settings& settings) {
        return make_layer("threshold",
                          KinkedUnary<Threshold>{{number_setting(settings, "threshold"),
                                                  number_setting(settings, "value")}});
      }));
  library.add({.name = "prelu",
               .group = "activation",
               .tensors = {"x", "weight"},
               .formula = "y = x where x > 0, else a x with a the weight of x's channel (axis 1)",
               .gradients = "dx = dy where x > 0, else a dy; da = Σ dy x where x ≤ 0",
               .shapes = "x (N, C, ...), weight (C) or (1), y as x",
               .make = [](const Settings&) { return make_layer("prelu", PRelu{}); }});
  library.add({.name = "softmin",
               .group = "activation",
               .tensors = {"x"},
               .settings = {{.name = "axis", .kind = Kind::integer, .default_value = -1.0}},
               .formula = "y_k = e^−x_k / Σ_j e^−x_j",
               .gradients = "dx = −y ⊙ (dy − Σ_k dy_k y_k)",
               .shapes = "x and y of one shape; Σ runs along `axis`",
               .make = [](const Settings& settings) {
                 return make_layer("softmin", Softmin{integer_setting(settings, "axis")});
               }});
}

}  // namespace gradcheck
