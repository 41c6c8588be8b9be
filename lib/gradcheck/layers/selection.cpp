#include <functional>

#include <gradcheck/layers/selection.hpp>

namespace gradcheck {

namespace {

/// An input seen through broadcasting onto the shape of y.
struct Spread {
  const double* values;
  const double* widths;
  std::vector<std::size_t> from;

  Spread(const Tensor& x, const Tensor& width, const Shape& common)
      : values(x.data()), widths(width.data()), from(broadcast_positions(shape_of(x), common)) {}
  double value(std::size_t i) const { return values[from[i]]; }
  double width(std::size_t i) const { return widths[from[i]]; }
};

bool meet(const Spread& a, const Spread& b, std::size_t i) {
  return a.value(i) == b.value(i) || std::abs(a.value(i) - b.value(i)) <= a.width(i) + b.width(i);
}

constexpr const char* two_shapes = "a and b broadcast (NumPy); y has their common shape";

LayerType extremum(std::string_view name, bool largest, const char* formula) {
  return {
      .name = std::string(name),
      .group = "selection",
      .tensors = {"a", "b"},
      .formula = formula,
      .gradients = "da = dy where y is a, else 0; db = dy where y is b, else 0; a tie goes to a",
      .shapes = two_shapes,
      .make = [=](const Settings&) {
        return make_layer(std::string(name), Extremum{name, largest});
      }};
}

template <class Holds>
LayerType comparison(std::string_view name, const char* formula) {
  return {.name = std::string(name),
          .group = "selection",
          .tensors = {"a", "b"},
          .formula = formula,
          .gradients = "none: y is held constant",
          .shapes = two_shapes,
          .make = [name](const Settings&) {
            return make_layer(std::string(name), CompareMask<Holds>{name});
          }};
}

}  // namespace

Branches Extremum::branches(const Tensor& a, const Tensor& b) const {
  const Tensor pieces = zip(a, b, [this](double u, double v) { return double(piece(u, v)); });
  return Branches(pieces.data(), pieces.data() + pieces.size());
}

std::vector<Tie> Extremum::ties(Inputs<double> x, Inputs<double> widths) const {
  const Shape common = shape(shape_of(*x[0]), shape_of(*x[1]));
  const Spread a(*x[0], *widths[0], common);
  const Spread b(*x[1], *widths[1], common);
  std::vector<Tie> found;
  for (std::size_t i = 0; i < a.from.size(); ++i) {
    if (meet(a, b, i)) {
      found.push_back({i, {0, 1}, {{0, a.from[i]}, {1, b.from[i]}}});
    }
  }
  return found;
}

Branches Clip::branches(const Tensor& x, const Tensor& low, const Tensor& high) const {
  Branches pieces(entries_of(shape(shape_of(x), shape_of(low), shape_of(high))));
  along<double>(x, low, high, [&](std::size_t i, double v, double l, double h) {
    return pieces[i] = piece(v, l, h);
  });
  return pieces;
}

std::vector<Tie> Clip::ties(Inputs<double> x, Inputs<double> widths) const {
  const Shape common = shape(shape_of(*x[0]), shape_of(*x[1]), shape_of(*x[2]));
  const Spread v(*x[0], *widths[0], common);
  const Spread low(*x[1], *widths[1], common);
  const Spread high(*x[2], *widths[2], common);
  std::vector<Tie> found;
  for (std::size_t i = 0; i < v.from.size(); ++i) {
    // max(x, low) first: which of the two may win; then min with high.
    const bool meets_low = meet(v, low, i);
    const bool x_wins = meets_low || v.value(i) > low.value(i);
    const bool low_wins = meets_low || v.value(i) < low.value(i);
    const bool meets_high = (x_wins && meet(v, high, i)) || (low_wins && meet(low, high, i));
    const bool below = std::max(v.value(i), low.value(i)) < high.value(i);
    Branches pieces;
    if (below || meets_high) {
      if (x_wins) pieces.push_back(0);
      if (low_wins) pieces.push_back(1);
    }
    if (!below || meets_high) {
      pieces.push_back(2);
    }
    if (pieces.size() > 1) {
      found.push_back({i, pieces, {{0, v.from[i]}, {1, low.from[i]}, {2, high.from[i]}}});
    }
  }
  return found;
}

void add_selection_layers(LayerLibrary& library) {
  library.add(extremum("maximum", true, "y = max(a, b)"));
  library.add(extremum("minimum", false, "y = min(a, b)"));
  library.add({.name = "where",
               .group = "selection",
               .tensors = {"condition", "a", "b"},
               .formula = "y = a where condition ≠ 0, else b",
               .gradients = "da = dy where condition ≠ 0, else 0; db the other way round; "
                            "condition is held constant",
               .shapes = "condition, a and b broadcast (NumPy); y has their common shape",
               .make = [](const Settings&) { return make_layer("where", Where{}); }});
  library.add({.name = "clip",
               .group = "selection",
               .tensors = {"x", "min", "max"},
               .formula = "y = min(max(x, min), max)",
               .gradients = "dy flows to the one of x, min and max that y equals (x first)",
               .shapes = "x, min and max broadcast (NumPy); y has their common shape",
               .make = [](const Settings&) { return make_layer("clip", Clip{}); }});
  library.add(comparison<std::greater<>>("greater", "y = 1 where a > b, else 0"));
  library.add(comparison<std::greater_equal<>>("greater_equal", "y = 1 where a ≥ b, else 0"));
  library.add(comparison<std::less<>>("less", "y = 1 where a < b, else 0"));
  library.add(comparison<std::less_equal<>>("less_equal", "y = 1 where a ≤ b, else 0"));
  library.add(comparison<std::equal_to<>>("equal", "y = 1 where a = b, else 0"));
  library.add(comparison<std::not_equal_to<>>("not_equal", "y = 1 where a ≠ b, else 0"));
  library.add(
      {.name = "stop_gradient",
       .group = "selection",
       .tensors = {"x"},
       .formula = "y = x",
       .gradients = "none: y is held constant",
       .shapes = "x and y of any one shape",
       .make = [](const Settings&) { return make_layer("stop_gradient", StopGradient{}); }});
}

}  // namespace gradcheck
