#include <gradcheck/layers/reductions.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

LayerType reduction(std::string_view name, const char* formula, const char* gradient,
                    std::function<LayerPtr(ReducedAxes)> make) {
  return {.name = std::string(name),
          .group = "reduction",
          .tensors = {"x"},
          .settings = {{.name = "axis", .kind = Kind::integers, .optional = true},
                       {.name = "keepdims", .kind = Kind::boolean, .default_value = false}},
          .formula = formula,
          .gradients = gradient,
          .shapes =
              "y is x without the axes of `axis` (all of them without it); "
              "keepdims=true leaves them with extent 1",
          .make = [name, make](const Settings& settings) {
            return make(
                {name, integers_setting(settings, "axis"), boolean_setting(settings, "keepdims")});
          }};
}

}  // namespace

Shape ReducedAxes::kept(const Shape& x) const {
  const std::vector<bool> reduced = chosen_axes(name, axes, x.size());
  Shape shape = x;
  for (std::size_t k = 0; k < x.size(); ++k) {
    shape[k] = reduced[k] ? 1 : x[k];
  }
  return shape;
}

Shape ReducedAxes::shape(const Shape& x) const {
  if (keepdims) {
    return kept(x);
  }
  const std::vector<bool> reduced = chosen_axes(name, axes, x.size());
  Shape shape;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!reduced[k]) {
      shape.push_back(x[k]);
    }
  }
  return shape;
}

Shape ReducedAxes::shape_of_groups(const Shape& x) const {
  const Shape y = shape(x);
  if (entries_of(x) == 0 && entries_of(y) > 0) {
    throw_shape(name, "x", to_string(x), "at least one entry along the reduced axes");
  }
  return y;
}

Structure ReducedAxes::of_sum(const Shape& x, double divisor) const {
  Structure structure = entries_of(kept(x)) == 1 && entries_of(x) > 0
                            ? Structure{.kind = Structure::Kind::terms, .divisor = divisor}
                            : by_rows(x);
  structure.slopes = {1 / divisor};
  structure.kept = kept(x);
  return structure;
}

Structure ReducedAxes::by_rows(const Shape& x) const {
  return x.size() < 2 || chosen_axes(name, axes, x.size())[0]
             ? Structure{}
             : Structure{.kind = Structure::Kind::by_rows, .rows = {true}};
}

Groups::Groups(const Shape& x, const Shape& kept) {
  const std::vector<std::size_t> group_of = broadcast_positions(kept, x);
  const std::size_t all = entries_of(kept);
  count = all == 0 ? 0 : group_of.size() / all;
  members.resize(group_of.size());
  std::vector<std::size_t> filled(all, 0);
  for (std::size_t i = 0; i < group_of.size(); ++i) {
    const std::size_t g = group_of[i];
    members[g * count + filled[g]++] = i;
  }
}

Shape Mean::shape(const Shape& x) const { return over.shape_of_groups(x); }

Shape MaxMin::shape(const Shape& x) const { return over.shape_of_groups(x); }

Branches MaxMin::branches(const Tensor& x) const {
  const Groups groups(shape_of(x), over.kept(shape_of(x)));
  Branches pieces(groups.groups());
  for (std::size_t g = 0; g < pieces.size(); ++g) {
    pieces[g] = static_cast<std::int32_t>(winner(groups, g, x));
  }
  return pieces;
}

std::vector<Tie> MaxMin::ties(Inputs<double> x, Inputs<double> widths) const {
  const double* values = x[0]->data();
  const double* width = widths[0]->data();
  const Groups groups(shape_of(*x[0]), over.kept(shape_of(*x[0])));
  std::vector<Tie> found;
  for (std::size_t g = 0; g < groups.groups(); ++g) {
    const std::size_t best = groups.member(g, winner(groups, g, *x[0]));
    Tie tie{g, {}, {}};
    for (std::size_t m = 0; m < groups.count; ++m) {
      const std::size_t i = groups.member(g, m);
      if (i == best || values[i] == values[best] ||
          std::abs(values[i] - values[best]) <= width[i] + width[best]) {
        tie.pieces.push_back(static_cast<std::int32_t>(m));
        tie.entries.push_back({0, i});
      }
    }
    if (tie.pieces.size() > 1) {
      found.push_back(std::move(tie));
    }
  }
  return found;
}

void add_reduction_layers(LayerLibrary& library) {
  library.add(reduction("sum", "y = Σ x over the reduced axes", "dx = dy, repeated along them",
                        [](ReducedAxes over) { return make_layer("sum", Sum{over}); }));
  library.add(reduction("mean", "y = (1/n) Σ x over the n entries along the reduced axes",
                        "dx = dy / n, repeated along them",
                        [](ReducedAxes over) { return make_layer("mean", Mean{over}); }));
  library.add(reduction("max", "y = max x over the reduced axes",
                        "dx = dy at the (first) largest entry, else 0", [](ReducedAxes over) {
                          return make_layer("max", MaxMin{over, true});
                        }));
  library.add(reduction("min", "y = min x over the reduced axes",
                        "dx = dy at the (first) smallest entry, else 0", [](ReducedAxes over) {
                          return make_layer("min", MaxMin{over, false});
                        }));
}

}  // namespace gradcheck
