#include <gradcheck/layers/composer.hpp>
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

using Id = Composer::Id;

/// The largest entry of each lane along an axis, with that axis kept. No gradient flows through it:
/// what is taken from a whole lane changes no normaliser.
struct HeldMaximum {
  static constexpr std::size_t arity = 1;
  std::size_t axis;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(const Shape& x) const {
    Shape y = x;
    y[axis] = 1;
    return y;
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const Lanes lanes(x, axis);
    TensorOf<Real> y = empty<Real>(shape(shape_of(x)));
    for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
      y.data()[lane] = std::ranges::max(gathered(x, lanes, lane));
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// d = x − max x, e^d and Σ e^d along an axis. Each looks at an entry once, so that all classes are
/// differenced together.
struct NormaliserParts {
  Id d, exponentials, sum;
};

NormaliserParts normaliser_parts(Composer& c, std::size_t axis) {
  const Id d = c.call("subtract", {0, c.apply(make_layer("max", HeldMaximum{axis}), {0})});
  const Id exponentials = c.call("exp", {d});
  const Settings along{{"axis", std::vector<double>{static_cast<double>(axis)}},
                       {"keepdims", true}};
  return {d, exponentials, c.call("sum", {exponentials}, along)};
}

}  // namespace

std::optional<Composition> LogSoftmax::composition(std::span<const Shape> x) const {
  if (entries_of(x[0]) == 0) {
    return std::nullopt;
  }
  Composer c(x);
  const NormaliserParts parts = normaliser_parts(c, axis_of("log_softmax", axis, x[0].size()));
  return c.done({c.call("subtract", {parts.d, c.call("log", {parts.sum})})});
}

std::optional<Composition> Softmax::composition(std::span<const Shape> x) const {
  if (entries_of(x[0]) == 0) {
    return std::nullopt;
  }
  Composer c(x);
  const NormaliserParts parts = normaliser_parts(c, axis_of("softmax", axis, x[0].size()));
  return c.done({c.call("divide", {parts.exponentials, parts.sum})});
}

void add_normaliser_layers(LayerLibrary& library) {
  library.add(
      normaliser<Softmax>("softmax", "y_k = e^x_k / Σ_j e^x_j", "dx = y ⊙ (dy − Σ_k dy_k y_k)"));
  library.add(
      normaliser<LogSoftmax>("log_softmax", "y_k = x_k − ln Σ_j e^x_j", "dx = dy − e^y Σ_k dy_k"));
}

}  // namespace gradcheck
