#include <gradcheck/layers/scans.hpp>

namespace gradcheck {

namespace {

template <class F>
LayerType scan(const char* formula, const char* gradient) {
  return {.name = F::name,
          .group = "selection",
          .tensors = {"x"},
          .settings = {{.name = "axis", .kind = SettingType::Kind::integer, .default_value = -1.0}},
          .formula = formula,
          .gradients = gradient,
          .shapes = "x and y of one shape; they run along `axis`",
          .make = [](const Settings& settings) {
            return make_layer(F::name, Scan<F>{integer_setting(settings, "axis")});
          }};
}

}  // namespace

void add_scan_layers(LayerLibrary& library) {
  library.add(scan<RunningSum>("y_i = Σ_{j≤i} x_j", "dx_j = Σ_{i≥j} dy_i"));
  library.add(scan<RunningProduct>("y_i = Π_{j≤i} x_j", "dx_j = Σ_{i≥j} dy_i Π_{k≤i, k≠j} x_k"));
}

}  // namespace gradcheck
