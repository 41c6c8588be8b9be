#include <algorithm>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

std::size_t product(Shape::const_iterator first, Shape::const_iterator last) {
  return entries_of(Shape(first, last));
}

/// The name of input k in messages: "input 0".
std::string input(std::size_t k) { return "input " + std::to_string(k); }

constexpr const char* all_entries = "dy under the shape of x";

}  // namespace

std::vector<std::size_t> Transpose::order(std::size_t rank) const {
  std::vector<std::size_t> order(rank);
  if (!axes) {
    for (std::size_t k = 0; k < rank; ++k) {
      order[k] = rank - 1 - k;
    }
    return order;
  }
  chosen_axes("transpose", axes, rank);
  if (axes->size() != rank) {
    throw_value("transpose", "axes", list_text(*axes),
                "each of the " + std::to_string(rank) + " axes once");
  }
  std::ranges::transform(*axes, order.begin(), [rank](long long axis) {
    return axis_of("transpose", axis, rank, "axes");
  });
  return order;
}

Shape Transpose::shape(const Shape& x) const {
  Shape y;
  for (const std::size_t axis : order(x.size())) {
    y.push_back(x[axis]);
  }
  return y;
}

Shape Reshape::shape(const Shape& x) const {
  Shape y;
  for (const long long extent : wanted) {
    y.push_back(extent == -1 ? 1 : static_cast<std::size_t>(extent));
  }
  const std::size_t known = entries_of(y);
  const std::size_t all = entries_of(x);
  const auto open = std::ranges::find(wanted, -1);
  const bool fits = open == wanted.end() ? known == all : known != 0 && all % known == 0;
  if (!fits) {
    throw_shape("reshape", "x", to_string(x),
                (open == wanted.end() ? "" : "a multiple of ") + std::to_string(known) +
                    " entries for shape=" + list_text(wanted));
  }
  if (open != wanted.end()) {
    y[static_cast<std::size_t>(open - wanted.begin())] = all / known;
  }
  return y;
}

Shape Flatten::shape(const Shape& x) const {
  const Shape from = x.empty() ? Shape{1} : x;
  const std::size_t first = axis_of("flatten", start_dim, from.size(), "start_dim");
  const std::size_t last = axis_of("flatten", end_dim, from.size(), "end_dim");
  if (first > last) {
    throw_value(
        "flatten", "start_dim", std::to_string(start_dim),
        "an axis not after end_dim=" + std::to_string(end_dim) + " of shape " + to_string(x));
  }
  const auto at = [&](std::size_t k) { return from.begin() + static_cast<std::ptrdiff_t>(k); };
  Shape y(from.begin(), at(first));
  y.push_back(product(at(first), at(last + 1)));
  y.insert(y.end(), at(last + 1), from.end());
  return y;
}

Shape Concat::shape(std::span<const Shape> x) const {
  const std::size_t along = axis_of("concat", axis, x[0].size());
  Shape y = x[0];
  for (std::size_t k = 1; k < x.size(); ++k) {
    Shape wanted = x[0];
    if (x[k].size() == wanted.size()) {
      wanted[along] = x[k][along];
    }
    if (x[k] != wanted) {
      throw_shape("concat", input(k), to_string(x[k]),
                  to_string(x[0]) + " but for axis " + std::to_string(along));
    }
    y[along] += x[k][along];
  }
  return y;
}

std::size_t Concat::outer(const Shape& x) const {
  return Lanes(x, axis_of("concat", axis, x.size())).outer;
}

Shape Stack::shape(std::span<const Shape> x) const {
  for (std::size_t k = 1; k < x.size(); ++k) {
    if (x[k] != x[0]) {
      require_same_shape("stack", input(k), x[k], input(0), x[0]);
    }
  }
  Shape y = x[0];
  const std::size_t at = axis_of("stack", axis, y.size() + 1);
  y.insert(y.begin() + static_cast<std::ptrdiff_t>(at), x.size());
  return y;
}

std::size_t Stack::outer(const Shape& x) const {
  const std::size_t at = axis_of("stack", axis, x.size() + 1);
  return product(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(at));
}

std::vector<Shape> Split::shapes(const Shape& x) const {
  const std::size_t along = axis_of("split", axis, x.size());
  if (x[along] % sections != 0 || sections > std::max<std::size_t>(x[along], 1)) {
    throw_shape(
        "split", "x", to_string(x),
        "a multiple of " + std::to_string(sections) + " along axis " + std::to_string(along));
  }
  Shape part = x;
  part[along] /= sections;
  return std::vector<Shape>(sections, part);
}

std::size_t Split::outer(const Shape& x) const {
  return Lanes(x, axis_of("split", axis, x.size())).outer;
}

void add_shaping_layers(LayerLibrary& library) {
  library.add({.name = "transpose",
               .group = "shaping",
               .tensors = {"x"},
               .settings = {{.name = "axes", .kind = Kind::integers, .optional = true}},
               .formula = "y = xᵀ: all axes reversed, or in the order `axes`",
               .gradients = "dx = dy with its axes put back",
               .shapes = "x (n, m), y (m, n); y.shape[k] = x.shape[axes[k]]",
               .make = [](const Settings& settings) {
                 return make_layer("transpose", Transpose{integers_setting(settings, "axes")});
               }});
  library.add({.name = "reshape",
               .group = "shaping",
               .tensors = {"x"},
               .settings = {{.name = "shape", .kind = Kind::integers}},
               .formula = "y = the entries of x, in row-major order, under another shape",
               .gradients = all_entries,
               .shapes = "y has `shape`, where one extent may be -1",
               .make = [](const Settings& settings) {
                 const std::vector<long long> shape = *integers_setting(settings, "shape");
                 if (std::ranges::any_of(shape, [](long long n) { return n < -1; }) ||
                     std::ranges::count(shape, -1) > 1) {
                   throw_value("reshape", "shape", list_text(shape),
                               "extents of 0 or more, of which one may be -1");
                 }
                 return make_layer("reshape", Reshape{shape});
               }});
  library.add({.name = "flatten",
               .group = "shaping",
               .tensors = {"x"},
               .settings = {{.name = "start_dim", .kind = Kind::integer, .default_value = 1.0},
                            {.name = "end_dim", .kind = Kind::integer, .default_value = -1.0}},
               .formula = "y = x with the axes start_dim to end_dim made one",
               .gradients = all_entries,
               .shapes = "x (N, C, H, W), y (N, C·H·W)",
               .make = [](const Settings& settings) {
                 return make_layer("flatten", Flatten{integer_setting(settings, "start_dim"),
                                                      integer_setting(settings, "end_dim")});
               }});
  library.add({.name = "concat",
               .group = "shaping",
               .tensors = {"a"},
               .variadic = true,
               .settings = {{.name = "axis", .kind = Kind::integer, .default_value = 0.0}},
               .formula = "y = the inputs one after another along `axis`",
               .gradients = "each input gets its part of dy",
               .shapes = "(n, k), (m, k), …: y (n + m + …, k)",
               .make = [](const Settings& settings) {
                 return make_layer("concat", Concat{integer_setting(settings, "axis")});
               }});
  library.add({.name = "stack",
               .group = "shaping",
               .tensors = {"a"},
               .variadic = true,
               .settings = {{.name = "axis", .kind = Kind::integer, .default_value = 0.0}},
               .formula = "y = the inputs one after another along a new axis",
               .gradients = "each input gets its part of dy",
               .shapes = "p inputs (n, k): y (p, n, k)",
               .make = [](const Settings& settings) {
                 return make_layer("stack", Stack{integer_setting(settings, "axis")});
               }});
  library.add({.name = "split",
               .group = "shaping",
               .tensors = {"x"},
               .settings = {{.name = "sections", .kind = Kind::integer, .default_value = 2.0},
                            {.name = "axis", .kind = Kind::integer, .default_value = 0.0}},
               .formula = "y_1, …, y_s = s = sections equal parts of x along `axis`",
               .gradients = "dx = dy_1, …, dy_s joined again",
               .shapes = "x (s·n, k), each y (n, k)",
               .outputs = 0,
               .make = [](const Settings& settings) {
                 const long long sections = integer_setting(settings, "sections");
                 if (sections < 1) {
                   throw_value("split", "sections", std::to_string(sections), "at least 1");
                 }
                 return make_layer("split", Split{static_cast<std::size_t>(sections),
                                                  integer_setting(settings, "axis")});
               }});
}

}  // namespace gradcheck
