#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/generators.hpp>
#include <gradcheck/layers/targets.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// A setting that counts something. Throws ValueError if it is negative.
std::size_t count_setting(const char* where, const char* name, long long value) {
  if (value < 0) {
    throw_value(where, name, std::to_string(value), "an integer from 0 up");
  }
  return static_cast<std::size_t>(value);
}

Shape extents_of(const char* where, const Settings& settings) {
  Shape shape;
  const std::vector<long long> extents = *integers_setting(settings, "shape");
  for (const long long extent : extents) {
    shape.push_back(count_setting(where, "shape", extent));
  }
  if (shape.size() > max_rank) {
    throw_value(where, "shape", std::to_string(shape.size()) + " axes",
                std::to_string(max_rank) + " at most");
  }
  return shape;
}

LayerType filled(const char* name, const char* formula, double value) {
  return {.name = name,
          .group = "constant",
          .settings = {{.name = "shape", .kind = Kind::integers}},
          .formula = formula,
          .gradients = "none: y is a constant",
          .shapes = "y of the shape given",
          .make = [name, value](const Settings& settings) {
            return make_layer(name, Filled{extents_of(name, settings), value});
          }};
}

LayerPtr make_eye(const Settings& settings) {
  const std::size_t rows = count_setting("eye", "n", integer_setting(settings, "n"));
  const bool square = !settings.contains("m");
  const std::size_t columns =
      square ? rows : count_setting("eye", "m", integer_setting(settings, "m"));
  return make_layer("eye", Eye{rows, columns});
}

LayerPtr make_one_hot(const Settings& settings) {
  const long long classes = integer_setting(settings, "num_classes");
  if (classes < 1) {
    throw_value("one_hot", "num_classes", std::to_string(classes), "an integer from 1 up");
  }
  return make_layer("one_hot", OneHot{static_cast<std::size_t>(classes)});
}

}  // namespace

template <class Real>
TensorOf<Real> OneHot::forward(const TensorOf<Real>& t) const {
  TensorOf<Real> y = zeros<Real>(shape(shape_of(t)));
  for (std::size_t n = 0; n < t.size(); ++n) {
    y.data()[n * classes + label_at("one_hot", t, n, classes)] = Real(1);
  }
  return y;
}

void add_generator_layers(LayerLibrary& library) {
  library.add(filled("zeros", "y = 0 everywhere", 0));
  library.add(filled("ones", "y = 1 everywhere", 1));
  library.add({.name = "full",
               .group = "constant",
               .settings = {{.name = "shape", .kind = Kind::integers},
                            {.name = "value", .kind = Kind::number}},
               .formula = "y = value everywhere",
               .gradients = "none: y is a constant",
               .shapes = "y of the shape given",
               .make = [](const Settings& settings) {
                 return make_layer("full", Filled{extents_of("full", settings),
                                                  number_setting(settings, "value")});
               }});
  library.add({.name = "eye",
               .group = "constant",
               .settings = {{.name = "n", .kind = Kind::integer},
                            {.name = "m", .kind = Kind::integer, .optional = true}},
               .formula = "y[i, j] = 1 where i = j, else 0",
               .gradients = "none: y is a constant",
               .shapes = "y (n, m), or (n, n) without m",
               .make = make_eye});
  library.add({.name = "one_hot",
               .group = "constant",
               .tensors = {"t"},
               .settings = {{.name = "num_classes", .kind = Kind::integer}},
               .formula = "y[..., c] = 1 where t = c, else 0",
               .gradients = "none: y is held constant",
               .shapes = "t of any shape, y (t's shape, num_classes)",
               .make = make_one_hot});
}

}  // namespace gradcheck
