#include <numeric>

#include <gradcheck/layers/rearranging.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

std::size_t wrapped(long long i, std::size_t extent) {
  const auto n = static_cast<long long>(extent);
  return static_cast<std::size_t>((i % n + n) % n);
}

/// Flat positions in x of the entries of y, from the index in x along each axis.
template <class IndexInX>
std::vector<std::size_t> positions_by_axis(const Shape& x, const Shape& y, IndexInX in_x) {
  const std::vector<std::size_t> strides = strides_of(x);
  std::vector<std::size_t> positions(entries_of(y), 0);
  for_each_index(y, [&](const std::vector<std::size_t>& at, std::size_t i) {
    for (std::size_t k = 0; k < at.size(); ++k) {
      positions[i] += in_x(k, at[k]) * strides[k];
    }
  });
  return positions;
}

/// The shapes of x and reps with the shorter one filled up by 1 in front.
Shape filled_up(const Shape& shape, std::size_t rank) {
  Shape filled(rank > shape.size() ? rank - shape.size() : 0, 1);
  filled.insert(filled.end(), shape.begin(), shape.end());
  return filled;
}

Shape counts_of(const char* where, const char* name, const std::vector<long long>& counts) {
  Shape all;
  for (const long long count : counts) {
    if (count < 0 || count > static_cast<long long>(max_entries)) {
      throw_value(where, name, std::to_string(count),
                  "an integer from 0 to " + std::to_string(max_entries));
    }
    all.push_back(static_cast<std::size_t>(count));
  }
  return all;
}

LayerPtr make_repeat(const Settings& settings) {
  const std::size_t repeats =
      counts_of("repeat", "repeats", {integer_setting(settings, "repeats")})[0];
  std::optional<long long> axis;
  if (settings.contains("axis")) {
    axis = integer_setting(settings, "axis");
  }
  return make_layer("repeat", Rearranged<Repeat>{{repeats, axis}});
}

LayerPtr make_tile(const Settings& settings) {
  const std::vector<long long> reps = *integers_setting(settings, "reps");
  counts_of("tile", "reps", reps);
  return make_layer("tile", Rearranged<Tile>{{reps}});
}

LayerPtr make_roll(const Settings& settings) {
  return make_layer("roll", Rearranged<Roll>{{*integers_setting(settings, "shifts"),
                                              integers_setting(settings, "axis")}});
}

constexpr const char* moved_back = "dx += dy, moved back";

}  // namespace

Shape Flip::shape(const Shape& x) const {
  chosen_axes("flip", axes, x.size());
  return x;
}

std::vector<std::size_t> Flip::positions(const Shape& x) const {
  const std::vector<bool> flipped = chosen_axes("flip", axes, x.size());
  return positions_by_axis(
      x, x, [&](std::size_t k, std::size_t i) { return flipped[k] ? x[k] - 1 - i : i; });
}

Shape Roll::shape(const Shape& x) const {
  if (axes ? axes->size() != shifts.size() : shifts.size() != 1) {
    throw_value("roll", "shifts", std::to_string(shifts.size()) + " numbers",
                axes ? "one for each of the " + std::to_string(axes->size()) + " axes"
                     : std::string("one, or axes for them"));
  }
  for (const long long axis : axes.value_or(std::vector<long long>{})) {
    axis_of("roll", axis, x.size());
  }
  return x;
}

std::vector<std::size_t> Roll::positions(const Shape& x) const {
  const Shape seen = axes ? x : Shape{entries_of(x)};
  std::vector<long long> by(seen.size(), 0);
  for (std::size_t k = 0; k < shifts.size(); ++k) {
    const std::size_t along = axes ? axis_of("roll", (*axes)[k], x.size()) : 0;
    by[along] += seen[along] == 0 ? 0 : shifts[k] % static_cast<long long>(seen[along]);
  }
  return positions_by_axis(seen, seen, [&](std::size_t k, std::size_t i) {
    return wrapped(static_cast<long long>(i) - by[k], seen[k]);
  });
}

Shape Tile::shape(const Shape& x) const {
  const Shape counts = filled_up(counts_of("tile", "reps", reps), x.size());
  Shape y = filled_up(x, counts.size());
  if (y.size() > max_rank) {
    throw_value("tile", "reps", std::to_string(reps.size()) + " numbers",
                std::to_string(max_rank) + " at most");
  }
  for (std::size_t k = 0; k < y.size(); ++k) {
    y[k] *= counts[k];
  }
  entries_of(y);
  return y;
}

std::vector<std::size_t> Tile::positions(const Shape& x) const {
  const Shape y = shape(x);
  const Shape wide = filled_up(x, y.size());
  return positions_by_axis(wide, y, [&](std::size_t k, std::size_t i) { return i % wide[k]; });
}

Shape Repeat::shape(const Shape& x) const {
  Shape y = axis ? x : Shape{entries_of(x)};
  y[axis ? axis_of("repeat", *axis, x.size()) : 0] *= repeats;
  entries_of(y);
  return y;
}

std::vector<std::size_t> Repeat::positions(const Shape& x) const {
  const Shape seen = axis ? x : Shape{entries_of(x)};
  const std::size_t along = axis ? axis_of("repeat", *axis, x.size()) : 0;
  return positions_by_axis(
      seen, shape(x), [&](std::size_t k, std::size_t i) { return k == along ? i / repeats : i; });
}

void add_rearranging_layers(LayerLibrary& library) {
  library.add({.name = "flip",
               .group = "selection",
               .tensors = {"x"},
               .settings = {{.name = "axis", .kind = Kind::integers, .optional = true}},
               .formula = "y = x in reverse order along `axis` (all axes without it)",
               .gradients = moved_back,
               .shapes = "x and y of one shape",
               .make = [](const Settings& settings) {
                 return make_layer("flip", Rearranged<Flip>{{integers_setting(settings, "axis")}});
               }});
  library.add(
      {.name = "roll",
       .group = "selection",
       .tensors = {"x"},
       .settings = {{.name = "shifts", .kind = Kind::integers},
                    {.name = "axis", .kind = Kind::integers, .optional = true}},
       .formula = "y_i = x_{(i − shift) mod n} along `axis` (in row-major order without it)",
       .gradients = moved_back,
       .shapes = "x and y of one shape; a shift for each axis",
       .make = make_roll});
  library.add({.name = "tile",
               .group = "selection",
               .tensors = {"x"},
               .settings = {{.name = "reps", .kind = Kind::integers}},
               .formula = "y = x as a whole, reps[k] times along axis k",
               .gradients = "dx = Σ dy over the copies",
               .shapes = "y[k] = x[k] reps[k]; the shorter shape gets 1 in front",
               .make = make_tile});
  library.add({.name = "repeat",
               .group = "selection",
               .aliases = {"repeat_interleave"},
               .tensors = {"x"},
               .settings = {{.name = "repeats", .kind = Kind::integer},
                            {.name = "axis", .kind = Kind::integer, .optional = true}},
               .formula = "y = each entry of x `repeats` times along `axis` (in row-major order "
                          "without it)",
               .gradients = "dx = Σ dy over the copies",
               .shapes = "y is x with that axis `repeats` times as long",
               .make = make_repeat});
}

}  // namespace gradcheck
