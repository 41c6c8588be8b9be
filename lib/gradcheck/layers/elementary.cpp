#include <gradcheck/layers/elementary.hpp>
#include <gradcheck/layers/pointwise.hpp>

namespace gradcheck {

namespace {

LayerType function(const std::string& name, std::vector<std::string> aliases, const char* formula,
                   const char* gradient, std::function<LayerPtr()> make) {
  return {.name = name,
          .group = "elementwise",
          .aliases = std::move(aliases),
          .tensors = {"x"},
          .formula = formula,
          .gradients = gradient,
          .shapes = "x and y of any one shape",
          .make = [make](const Settings&) { return make(); }};
}

template <class F>
LayerType smooth(const std::string& name, std::vector<std::string> aliases, const char* formula,
                 const char* gradient) {
  return function(name, std::move(aliases), formula, gradient,
                  [name] { return make_layer(name, Unary<F>{}); });
}

template <class F>
LayerType step(const std::string& name, const char* formula) {
  return function(name, {}, formula, "none: y is held constant",
                  [name] { return make_layer(name, StepFunction<F>{}); });
}

}  // namespace

void add_elementary_layers(LayerLibrary& library) {
  library.add(smooth<Log1p>("log1p", {}, "y = ln(1 + x)", "dx = dy / (1 + x)"));
  library.add(smooth<Expm1>("expm1", {}, "y = eˣ − 1", "dx = dy ⊙ eˣ"));
  library.add(smooth<Log10>("log10", {}, "y = log₁₀ x", "dx = dy / (x ln 10)"));
  library.add(smooth<Erf>("erf", {}, "y = erf x", "dx = dy ⊙ 2/√π e^(−x²)"));
  library.add(smooth<Tan>("tan", {}, "y = tan x", "dx = dy ⊙ (1 + y²)"));
  library.add(smooth<Asin>("asin", {"arcsin"}, "y = arcsin x", "dx = dy / √(1 − x²)"));
  library.add(smooth<Acos>("acos", {"arccos"}, "y = arccos x", "dx = −dy / √(1 − x²)"));
  library.add(smooth<Atan>("atan", {"arctan"}, "y = arctan x", "dx = dy / (1 + x²)"));
  library.add(smooth<Sinh>("sinh", {}, "y = sinh x", "dx = dy ⊙ cosh x"));
  library.add(smooth<Cosh>("cosh", {}, "y = cosh x", "dx = dy ⊙ sinh x"));
  library.add(step<Floor>("floor", "y = the largest integer that is not above x"));
  library.add(step<Sign>("sign", "y = 1 where x > 0, −1 where x < 0, else 0"));
}

}  // namespace gradcheck
