#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

std::vector<Tie> ties_at(std::span<const double> corners, const Tensor& x, const Tensor& widths) {
  std::vector<Tie> found;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < corners.size(); ++k) {
      if (std::abs(x.data()[i] - corners[k]) <= widths.data()[i]) {
        const auto below = static_cast<std::int32_t>(k);
        found.push_back({i, {below, below + 1}, {{0, i}}});
        break;
      }
    }
  }
  return found;
}

namespace {

using Kind = SettingType::Kind;

LayerType activation(const char* name, const char* formula, const char* gradient,
                     std::vector<SettingType> settings,
                     std::function<LayerPtr(const Settings&)> make) {
  return {.name = name,
          .group = "activation",
          .tensors = {"x"},
          .settings = std::move(settings),
          .formula = formula,
          .gradients = gradient,
          .shapes = "x and y of any one shape",
          .make = std::move(make)};
}

template <class Kernel>
LayerType activation(const char* name, const char* formula, const char* gradient) {
  return activation(name, formula, gradient, {},
                    [name](const Settings&) { return make_layer(name, Kernel{}); });
}

LayerPtr make_softplus(const Settings& settings) {
  const double beta = number_setting(settings, "beta");
  if (!(beta > 0)) {
    throw_value("softplus", "beta", number_text(beta), "a positive number");
  }
  return make_layer("softplus", Unary<Softplus>{{beta}});
}

LayerPtr make_celu(const Settings& settings) {
  const double alpha = number_setting(settings, "alpha");
  if (alpha == 0) {
    throw_value("celu", "alpha", "0", "a number other than 0");
  }
  return make_layer("celu", KinkedUnary<Celu>{{alpha}});
}

LayerType known_as(LayerType type, std::vector<std::string> aliases) {
  type.aliases = std::move(aliases);
  return type;
}

LayerPtr make_gelu(const Settings& settings) {
  if (word_setting(settings, "approximate") == "tanh") {
    return make_layer("gelu", Unary<GeluTanh>{});
  }
  return make_layer("gelu", Unary<Gelu>{});
}

}  // namespace

void add_activation_layers(LayerLibrary& library) {
  library.add(
      activation<KinkedUnary<Relu>>("relu", "y = max(0, x)", "dx = dy where x > 0, else 0"));
  library.add(activation("leaky_relu", "y = x where x > 0, else s x with s = negative_slope",
                         "dx = dy where x > 0, else s dy", {{"negative_slope", Kind::number, 0.01}},
                         [](const Settings& settings) {
                           return make_layer("leaky_relu", KinkedUnary<LeakyRelu>{{number_setting(
                                                               settings, "negative_slope")}});
                         }));
  library.add(activation("elu", "y = x where x > 0, else α (eˣ − 1) with α = alpha",
                         "dx = dy where x > 0, else dy ⊙ α eˣ", {{"alpha", Kind::number, 1.0}},
                         [](const Settings& settings) {
                           return make_layer("elu",
                                             KinkedUnary<Elu>{{number_setting(settings, "alpha")}});
                         }));
  library.add(activation<KinkedUnary<Selu>>(
      "selu", "y = λ x where x > 0, else λ α (eˣ − 1); λ = 1.0507009873…, α = 1.6732632423…",
      "dx = λ dy where x > 0, else dy ⊙ λ α eˣ"));
  library.add(activation("softplus", "y = ln(1 + e^(β x)) / β with β = beta", "dx = dy ⊙ σ(β x)",
                         {{"beta", Kind::number, 1.0}}, make_softplus));
  library.add(
      activation<Unary<Sigmoid>>("sigmoid", "y = σ(x) = 1 / (1 + e⁻ˣ)", "dx = dy ⊙ y ⊙ (1 − y)"));
  library.add(activation<Unary<Tanh>>("tanh", "y = tanh x", "dx = dy ⊙ (1 − y²)"));
  library.add(activation("gelu",
                         "y = x Φ(x) with Φ(x) = ½ (1 + erf(x/√2)); approximate=\"tanh\": "
                         "y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
                         "dx = dy ⊙ (Φ(x) + x φ(x)) with φ(x) = e^(−x²/2) / √(2π)",
                         {{.name = "approximate",
                           .kind = Kind::word,
                           .default_value = std::string("none"),
                           .words = {"none", "tanh"}}},
                         make_gelu));
  library.add(known_as(
      activation<Unary<Silu>>("silu", "y = x σ(x)", "dx = dy ⊙ σ(x) (1 + x σ(−x))"), {"swish"}));
  library.add(activation<Unary<Mish>>("mish", "y = x tanh(ln(1 + eˣ))",
                                      "dx = dy ⊙ (tanh s + x σ(x) (1 − tanh² s)), s = ln(1 + eˣ)"));
  library.add(known_as(
      activation<Unary<LogSigmoid>>("log_sigmoid", "y = ln σ(x) = −ln(1 + e⁻ˣ)", "dx = dy ⊙ σ(−x)"),
      {"logsigmoid"}));
  library.add(activation<Unary<Tanhshrink>>("tanhshrink", "y = x − tanh x", "dx = dy ⊙ tanh² x"));
  library.add(
      activation<KinkedUnary<Softsign>>("softsign", "y = x / (1 + |x|)", "dx = dy / (1 + |x|)²"));
  library.add(activation("celu", "y = x where x > 0, else α (e^(x/α) − 1) with α = alpha",
                         "dx = dy where x > 0, else dy ⊙ e^(x/α)", {{"alpha", Kind::number, 1.0}},
                         make_celu));
}

}  // namespace gradcheck
