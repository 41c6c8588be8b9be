#include <gradcheck/layers/batch_norm.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

LayerPtr make_normalisation(std::string_view name, bool by_sample, bool training,
                            const Settings& settings) {
  const BatchNorm kernel{name,
                         by_sample,
                         given(settings, "running_mean"),
                         given(settings, "running_var"),
                         {given(settings, "weight"), given(settings, "bias")},
                         training,
                         number_setting(settings, "momentum"),
                         number_setting(settings, "eps")};
  if (!training && !(kernel.running_mean && kernel.running_var)) {
    throw_value(
        name, kernel.running_mean ? "running_var" : "running_mean", "no value",
        std::string("a tensor (C), or ") + (by_sample ? "use_input_stats=true" : "training=true"));
  }
  if (kernel.epsilon < 0) {
    throw_value(name, "eps", number_text(kernel.epsilon), "a number ≥ 0");
  }
  return make_layer(std::string(name), kernel);
}

/// What both have in common; `statistics` tells whether the input's own are used.
LayerType normalisation(const char* name, SettingType statistics, const std::string& of_what) {
  return {.name = name,
          .group = "normalisation",
          .tensors = {"x"},
          .optional_tensors = {"running_mean", "running_var", "weight", "bias"},
          .settings = {statistics,
                       {.name = "momentum", .kind = Kind::number, .default_value = 0.1},
                       {.name = "eps", .kind = Kind::number, .default_value = 1e-5}},
          .formula = "y = x̂ weight + bias, x̂ = (x − μ) / √(σ² + eps); " + statistics.name +
                     ": μ, σ² of the n entries of each channel" + of_what +
                     ", running' = (1 − momentum) running + momentum (μ, σ² n / (n − 1))" +
                     (of_what.empty() ? "" : ", means over the samples") +
                     "; else μ, σ² = running_mean, running_var",
          .gradients = statistics.name +
                       ": dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + eps), d = dy weight; else "
                       "dx = d / √(σ² + eps); dweight = Σ dy ⊙ x̂, dbias = Σ dy",
          .outputs = 3,
          .first_alone = true};
}

}  // namespace

void BatchNorm::refuse_variance(double variance) const {
  throw_value(name, "running_var", number_text(variance), "running_var + eps > 0");
}

std::vector<Shape> BatchNorm::shapes(std::span<const Shape> in) const {
  const Shape& x = in[0];
  if (x.size() < (by_sample ? 3 : 2)) {
    throw_shape(name, "x", to_string(x), by_sample ? "(N, C, L, ...)" : "(N, C, ...)");
  }
  const Shape channel{x[1]};
  const std::string meaning = "one entry for each channel of x, which has shape " + to_string(x);
  const std::size_t statistics = (running_mean ? 1 : 0) + (running_var ? 1 : 0);
  for (std::size_t slot = 1; slot <= statistics; ++slot) {
    if (in[slot] != channel) {
      throw_shape(name, slot == 1 && running_mean ? "running_mean" : "running_var",
                  to_string(in[slot]), to_string(channel) + ", " + meaning);
    }
  }
  scaled.require(name, in, channel, meaning);
  const std::size_t least = 2 * x[1] * (by_sample ? x[0] : 1);
  if (training && (entries_of(x) == 0 || entries_of(x) < least)) {
    throw_shape(name, "x", to_string(x),
                std::string("at least two entries for each channel") +
                    (by_sample ? " of a sample, n − 1 > 0" : " in training, n − 1 > 0"));
  }
  return {x, channel, channel};
}

void add_batch_norm(LayerLibrary& library) {
  LayerType batch = normalisation(
      "batch_norm", {.name = "training", .kind = Kind::boolean, .default_value = false}, "");
  batch.shapes =
      "x (N, C, ...), all others (C); y, running_mean, running_var = batch_norm(...) or y alone";
  batch.make = [](const Settings& settings) {
    return make_normalisation("batch_norm", false, boolean_setting(settings, "training"), settings);
  };
  library.add(batch);

  LayerType instance = normalisation(
      "instance_norm", {.name = "use_input_stats", .kind = Kind::boolean, .default_value = true},
      " of a sample");
  instance.shapes =
      "x (N, C, L, ...), all others (C); y, running_mean, running_var = instance_norm(...) or y "
      "alone";
  instance.make = [](const Settings& settings) {
    return make_normalisation("instance_norm", true, boolean_setting(settings, "use_input_stats"),
                              settings);
  };
  library.add(instance);
}

}  // namespace gradcheck
