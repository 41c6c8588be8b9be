#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/gated.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

template <class F>
LayerType gated(const std::string& name, bool gate_last, const char* formula,
                const char* gradients) {
  return {
      .name = name,
      .group = "sequence",
      .tensors = {"x"},
      .settings = {{.name = "dim", .kind = Kind::integer, .default_value = -1.0}},
      .formula = formula,
      .gradients = gradients,
      .shapes = "x = (a, b), two halves along dim; y is one of them",
      .make = [name, gate_last](const Settings& settings) {
        return make_layer(name, GatedUnit<F>{name, integer_setting(settings, "dim"), gate_last});
      }};
}

LayerPtr make_rope(const Settings& settings) {
  const double base = number_setting(settings, "base");
  if (!(base > 0)) {
    throw_value("rope", "base", number_text(base), "a positive number");
  }
  return make_layer("rope", Rope{base, integer_setting(settings, "offset")});
}

}  // namespace

template <class F>
Shape GatedUnit<F>::shape(const Shape& x) const {
  const std::size_t along = axis_of(name, axis, x.size(), "dim");
  if (x[along] % 2 != 0) {
    throw_shape(name, "x", to_string(x),
                "an even extent along dim=" + std::to_string(axis) + ", 2 n for y has n");
  }
  Shape y = x;
  y[along] /= 2;
  return y;
}

template <class F>
std::optional<Composition> GatedUnit<F>::composition(std::span<const Shape> in) const {
  const std::size_t along = axis_of(name, axis, in[0].size(), "dim");
  const std::size_t half = in[0][along] / 2;
  Composer c(in);
  const Composer::Id first = c.part(0, along, 0, half), second = c.part(0, along, half, half);
  const Composer::Id gate = c.call(F::layer, {gate_last ? second : first});
  return c.done({c.call("multiply", {gate, gate_last ? first : second})});
}

Shape Rope::shape(const Shape& x) const {
  if (x.size() < 2 || x.back() % 2 != 0) {
    throw_shape("rope", "x", to_string(x), "(..., T, D) with an even D");
  }
  return x;
}

/// y = x ⊙ cos θ + x' ⊙ sin θ, x' the other half, the first one negated.
std::optional<Composition> Rope::composition(std::span<const Shape> in) const {
  const Shape& x = in[0];
  const std::size_t features = x.back(), half = features / 2, times = x[x.size() - 2];
  Tensor cosine = empty<double>({times, features}), sine = empty_like(cosine);
  for (std::size_t i = 0; i < cosine.size(); ++i) {
    const std::size_t j = i % features;
    const auto angle = turning_angle<double>(i / features, j % half, features);
    cosine.data()[i] = std::cos(angle);
    sine.data()[i] = j < half ? -std::sin(angle) : std::sin(angle);
  }
  std::vector<std::int32_t> other(entries_of(x));
  for (std::size_t i = 0; i < other.size(); ++i) {
    other[i] = static_cast<std::int32_t>(i % features < half ? i + half : i - half);
  }
  Composer c(in);
  const Composer::Id kept = c.call("multiply", {0, c.constant(std::move(cosine))});
  const Composer::Id crossed = c.gathered(0, std::move(other), x);
  return c.done(
      {c.call("add", {kept, c.call("multiply", {crossed, c.constant(std::move(sine))})})});
}

void add_gated_layers(LayerLibrary& library) {
  library.add({.name = "rope",
               .group = "sequence",
               .tensors = {"x"},
               .settings = {{.name = "base", .kind = Kind::number, .default_value = 10000.0},
                            {.name = "offset", .kind = Kind::integer, .default_value = 0.0}},
               .formula =
                   "y_j = x_j cos θ − x_{j+D/2} sin θ, y_{j+D/2} = x_{j+D/2} cos θ + x_j sin "
                   "θ, θ = (offset + t) base^(−2 j / D)",
               .gradients = "dy turned by −θ",
               .shapes = "x and y (..., T, D), D even",
               .make = make_rope});
  library.add(gated<SigmoidGate>("glu", true, "y = a ⊙ σ(b)",
                                 "da = dy ⊙ σ(b), db = dy ⊙ a ⊙ σ(b) (1 − σ(b))"));
  library.add(gated<SiluGate>("swiglu", false, "y = silu(a) ⊙ b, silu(a) = a σ(a)",
                              "da = dy ⊙ b ⊙ silu'(a), db = dy ⊙ silu(a)"));
  library.add(gated<GeluGate>("geglu", false, "y = gelu(a) ⊙ b, gelu(a) = a Φ(a)",
                              "da = dy ⊙ b ⊙ gelu'(a), db = dy ⊙ gelu(a)"));
}

}  // namespace gradcheck
