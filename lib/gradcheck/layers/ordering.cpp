#include <gradcheck/layers/ordering.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

SettingType axis_type() { return {.name = "axis", .kind = Kind::integer, .default_value = -1.0}; }

LayerPtr make_topk(const Settings& settings) {
  const long long k = integer_setting(settings, "k");
  if (k < 1) {
    throw_value("topk", "k", std::to_string(k), "an integer from 1 up");
  }
  return make_layer("topk",
                    Ordered{"topk", integer_setting(settings, "axis"),
                            boolean_setting(settings, "largest"), static_cast<std::size_t>(k)});
}

}  // namespace

std::vector<Shape> Ordered::shapes(const Shape& x) const {
  const std::size_t along = axis_of(name, axis, x.size());
  Shape y = x;
  y[along] = count.value_or(x[along]);
  if (y[along] > x[along]) {
    throw_value(name, "k", std::to_string(y[along]),
                "at most " + std::to_string(x[along]) + ", the extent of axis " +
                    std::to_string(along) + " of x");
  }
  return {y, y};
}

std::vector<Tie> Ordered::ties(Inputs<double> x, Inputs<double> widths) const {
  std::vector<Tie> found;
  const Lanes lanes = lanes_of(*x[0]);
  each_taken(pieces_at(*x[0]), *x[0], [&](std::size_t to, std::size_t from, std::int32_t piece) {
    const std::size_t first = from - static_cast<std::size_t>(piece) * lanes.inner;
    Tie tie{to, {}, {}};
    for (std::size_t m = 0; m < lanes.extent; ++m) {
      const std::size_t i = first + m * lanes.inner;
      const double apart = std::abs(x[0]->data()[i] - x[0]->data()[from]);
      if (i == from || apart == 0 || apart <= widths[0]->data()[i] + widths[0]->data()[from]) {
        tie.pieces.push_back(static_cast<std::int32_t>(m));
        tie.entries.push_back({0, i});
      }
    }
    if (tie.pieces.size() > 1) {
      found.push_back(std::move(tie));
    }
  });
  return found;
}

void add_ordering_layers(LayerLibrary& library) {
  library.add({.name = "sort",
               .group = "selection",
               .tensors = {"x"},
               .settings = {axis_type(),
                            {.name = "descending", .kind = Kind::boolean, .default_value = false}},
               .formula = "y, indices = the entries along `axis` in their order, and where they "
                          "stood; equal ones keep their order",
               .gradients = "dx = dy, moved back; the indices are constants",
               .shapes = "x, y and indices of one shape",
               .outputs = 2,
               .first_alone = true,
               .make = [](const Settings& settings) {
                 return make_layer("sort", Ordered{"sort", integer_setting(settings, "axis"),
                                                   boolean_setting(settings, "descending")});
               }});
  library.add({.name = "topk",
               .group = "selection",
               .tensors = {"x"},
               .settings = {{.name = "k", .kind = Kind::integer},
                            axis_type(),
                            {.name = "largest", .kind = Kind::boolean, .default_value = true}},
               .formula = "y, indices = the k largest (or smallest) entries along `axis` in their "
                          "order, and where they stood",
               .gradients = "dx = dy at the entries taken, else 0; the indices are constants",
               .shapes = "y and indices are x with extent k along `axis`",
               .outputs = 2,
               .first_alone = true,
               .make = make_topk});
}

}  // namespace gradcheck
