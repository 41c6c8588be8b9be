#include <gradcheck/layers/regression.hpp>

namespace gradcheck {

namespace {

template <class Kernel>
LayerType regression(const char* name, const char* default_reduction, const char* formula,
                     const char* gradients) {
  return {.name = name,
          .group = "loss",
          .tensors = {"y", "t"},
          .settings = {reduction_type(default_reduction)},
          .formula = formula,
          .gradients = gradients,
          .shapes = "y and t of exactly one shape, L (), or that shape for \"none\"",
          .make = [name](const Settings& settings) {
            return make_layer(name, Kernel{{}, reduction_setting(settings)});
          }};
}

template <class Kernel>
LayerType penalty(const char* name, const char* formula, const char* gradient) {
  return {.name = name,
          .group = "loss",
          .tensors = {"x"},
          .formula = formula,
          .gradients = gradient,
          .shapes = "x of any shape, L ()",
          .make = [name](const Settings&) { return make_layer(name, Kernel{}); }};
}

}  // namespace

void add_regression_losses(LayerLibrary& library) {
  library.add(regression<HalfSquaredError>(
      "half_squared_error", "sum",
      "L = ½ Σ (y − t)²; divided by the number of rows for \"mean\", the terms for \"none\"",
      "dy = dL (y − t), dt = −dy; both divided by the number of rows for \"mean\""));
  library.add(regression<MeanSquaredError>(
      "mean_squared_error", "mean",
      "L = (1/n) Σ (y − t)² over n entries; Σ alone for \"sum\", the terms for \"none\"",
      "dy = dL · 2 (y − t) / n, dt = −dy"));
  library.add(regression<MeanAbsoluteError>(
      "mean_absolute_error", "mean",
      "L = (1/n) Σ |y − t| over n entries; Σ alone for \"sum\", the terms for \"none\"",
      "dy = dL sign(y − t) / n, sign(0) = 0, dt = −dy"));
  library.add(penalty<L1>("l1", "L = Σ |x|", "dx = dL sign(x), sign(0) = 0"));
  library.add(penalty<L2>("l2", "L = Σ x²", "dx = dL · 2x"));
}

}  // namespace gradcheck
