#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/dropout.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

LayerPtr make_dropout(const Settings& settings) {
  const double p = number_setting(settings, "p");
  const long long seed = integer_setting(settings, "seed");
  if (!(p >= 0 && p < 1)) {
    throw_value("dropout", "p", number_text(p), "a number from 0 up to but not 1");
  }
  if (seed < 0) {
    throw_value("dropout", "seed", std::to_string(seed), "an integer from 0 up");
  }
  return make_layer("dropout", Dropout{p, boolean_setting(settings, "training"),
                                       static_cast<std::uint64_t>(seed)});
}

}  // namespace

Shape Dropout::shape(std::span<const Shape> x) const {
  if (x.size() > 1) {
    require_same_shape("dropout", "mask", x[1], "x", x[0]);
  }
  return x[0];
}

Tensor Dropout::drawn(const Shape& shape) const {
  return map(random_uniform(shape, 0, 1, seed), [this](double u) { return u < p ? 0.0 : 1.0; });
}

void add_dropout_layer(LayerLibrary& library) {
  library.add({.name = "dropout",
               .group = "selection",
               .tensors = {"x"},
               .optional_tensors = {"mask"},
               .settings = {{.name = "p", .kind = Kind::number, .default_value = 0.5},
                            {.name = "training", .kind = Kind::boolean, .default_value = true},
                            {.name = "seed", .kind = Kind::integer, .default_value = 0.0}},
               .formula = "y = x ⊙ m / (1 − p) with m = mask, or drawn from seed: 0 with "
                          "probability p; y = x for training=false",
               .gradients = "dx = dy ⊙ m / (1 − p); mask is held constant",
               .shapes = "x, mask and y of any one shape",
               .order = {"x", "p", "training"},
               .make = make_dropout});
}

}  // namespace gradcheck
