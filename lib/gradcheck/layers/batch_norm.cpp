#include <gradcheck/layers/batch_norm.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

LayerPtr make_batch_norm(const Settings& settings) {
  const BatchNorm kernel{given(settings, "running_mean"),
                         given(settings, "running_var"),
                         {given(settings, "weight"), given(settings, "bias")},
                         boolean_setting(settings, "training"),
                         number_setting(settings, "momentum"),
                         number_setting(settings, "eps")};
  if (!kernel.training && !(kernel.running_mean && kernel.running_var)) {
    throw_value("batch_norm", kernel.running_mean ? "running_var" : "running_mean", "no value",
                "a tensor (C), or training=true");
  }
  if (kernel.epsilon < 0) {
    throw_value("batch_norm", "eps", number_text(kernel.epsilon), "a number ≥ 0");
  }
  return make_layer("batch_norm", kernel);
}

}  // namespace

void BatchNorm::refuse_variance(double variance) {
  throw_value("batch_norm", "running_var", number_text(variance), "running_var + eps > 0");
}

std::vector<Shape> BatchNorm::shapes(std::span<const Shape> in) const {
  const Shape& x = in[0];
  if (x.size() < 2) {
    throw_shape("batch_norm", "x", to_string(x), "(N, C, ...)");
  }
  const Shape channel{x[1]};
  const std::string meaning = "one entry for each channel of x, which has shape " + to_string(x);
  const std::size_t statistics = (running_mean ? 1 : 0) + (running_var ? 1 : 0);
  for (std::size_t slot = 1; slot <= statistics; ++slot) {
    if (in[slot] != channel) {
      throw_shape("batch_norm", slot == 1 && running_mean ? "running_mean" : "running_var",
                  to_string(in[slot]), to_string(channel) + ", " + meaning);
    }
  }
  scaled.require("batch_norm", in, channel, meaning);
  if (training && entries_of(x) < 2 * x[1]) {
    throw_shape("batch_norm", "x", to_string(x),
                "at least two entries for each channel in training, n − 1 > 0");
  }
  return {x, channel, channel};
}

void add_batch_norm(LayerLibrary& library) {
  library.add(
      {.name = "batch_norm",
       .group = "normalisation",
       .tensors = {"x"},
       .optional_tensors = {"running_mean", "running_var", "weight", "bias"},
       .settings = {{.name = "training", .kind = Kind::boolean, .default_value = false},
                    {.name = "momentum", .kind = Kind::number, .default_value = 0.1},
                    {.name = "eps", .kind = Kind::number, .default_value = 1e-5}},
       .formula =
           "y = x̂ weight + bias, x̂ = (x − μ) / √(σ² + eps); training: μ, σ² of each channel, "
           "running' = (1 − momentum) running + momentum (μ, σ² n / (n − 1)); else μ, σ² = "
           "running_mean, running_var",
       .gradients =
           "training: dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + eps), d = dy weight; else "
           "dx = d / √(σ² + eps); dweight = Σ dy ⊙ x̂, dbias = Σ dy",
       .shapes = "x (N, C, ...), all others (C); y, running_mean, running_var = batch_norm(...) or "
                 "y alone",
       .outputs = 3,
       .first_alone = true,
       .make = make_batch_norm});
}

}  // namespace gradcheck
