#include <gradcheck/layers/elementwise.hpp>

namespace gradcheck {

namespace {

constexpr const char* one_shape = "x and y of any one shape";
constexpr const char* two_shapes = "a and b broadcast (NumPy); y has their common shape";

template <class F>
LayerType unary(const std::string& name, const char* formula, const char* gradient) {
  return {.name = name,
          .group = "elementwise",
          .tensors = {"x"},
          .formula = formula,
          .gradients = gradient,
          .shapes = one_shape,
          .make = [name](const Settings&) { return make_layer(name, F{}); }};
}

template <class F>
LayerType binary(const char* formula, const char* gradients) {
  return {.name = std::string(F::name),
          .group = "elementwise",
          .tensors = {"a", "b"},
          .formula = formula,
          .gradients = gradients,
          .shapes = two_shapes,
          .make = [](const Settings&) { return make_layer(std::string(F::name), Binary<F>{}); }};
}

}  // namespace

LayerPtr make_power(double exponent) { return make_layer("power", Unary<Power>{{exponent}}); }

void add_elementwise_layers(LayerLibrary& library) {
  library.add(binary<Add>("y = a + b", "da = dy, db = dy"));
  library.add(binary<Subtract>("y = a − b", "da = dy, db = −dy"));
  library.add(binary<Multiply>("y = a ⊙ b", "da = dy ⊙ b, db = dy ⊙ a"));
  library.add(binary<Divide>("y = a / b", "da = dy / b, db = −dy ⊙ y / b"));
  library.add(unary<Unary<Negate>>("negate", "y = −x", "dx = −dy"));
  library.add({.name = "power",
               .group = "elementwise",
               .tensors = {"x"},
               .settings = {{.name = "exponent", .kind = SettingType::Kind::number}},
               .formula = "y = xᵖ with p = exponent, a constant",
               .gradients = "dx = dy ⊙ p xᵖ⁻¹",
               .shapes = one_shape,
               .make = [](const Settings& settings) {
                 return make_power(number_setting(settings, "exponent"));
               }});
  library.add(unary<Unary<Exp>>("exp", "y = eˣ", "dx = dy ⊙ y"));
  library.add(unary<Unary<Log>>("log", "y = ln x", "dx = dy / x"));
  library.add(unary<Unary<Sqrt>>("sqrt", "y = √x", "dx = dy / (2y)"));
  library.add(unary<KinkedUnary<Abs>>("abs", "y = |x|", "dx = dy ⊙ sign(x), sign(0) = 0"));
  library.add(unary<Unary<Square>>("square", "y = x²", "dx = dy ⊙ 2x"));
  library.add(unary<Unary<Reciprocal>>("reciprocal", "y = 1 / x", "dx = −dy ⊙ y²"));
  library.add(unary<Unary<Sin>>("sin", "y = sin x", "dx = dy ⊙ cos x"));
  library.add(unary<Unary<Cos>>("cos", "y = cos x", "dx = −dy ⊙ sin x"));
}

}  // namespace gradcheck
