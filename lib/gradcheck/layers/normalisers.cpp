#include <gradcheck/layers/normalisers.hpp>

namespace gradcheck {

namespace {

template <class Kernel>
LayerType normaliser(const char* name, const char* formula, const char* gradient) {
  return {.name = name,
          .group = "normaliser",
          .tensors = {"x"},
          .settings = {{.name = "axis", .kind = SettingType::Kind::integer, .default_value = -1.0}},
          .formula = formula,
          .gradients = gradient,
          .shapes = "x and y of one shape; Σ runs along `axis`",
          .make = [name](const Settings& settings) {
            return make_layer(name, Kernel{integer_setting(settings, "axis")});
          }};
}

}  // namespace

void add_normaliser_layers(LayerLibrary& library) {
  library.add(
      normaliser<Softmax>("softmax", "y_k = e^x_k / Σ_j e^x_j", "dx = y ⊙ (dy − Σ_k dy_k y_k)"));
  library.add(
      normaliser<LogSoftmax>("log_softmax", "y_k = x_k − ln Σ_j e^x_j", "dx = dy − e^y Σ_k dy_k"));
}

}  // namespace gradcheck
