#include <gradcheck/layers/indexing.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// Throws ShapeError unless the index has x's rank and is nowhere longer but along the axis.
void require_index(std::string_view where, const Shape& index, const Shape& x, std::size_t along) {
  bool fits = index.size() == x.size();
  for (std::size_t k = 0; fits && k < x.size(); ++k) {
    fits = k == along || index[k] <= x[k];
  }
  if (!fits) {
    throw_shape(where, "index", to_string(index),
                "the rank of x and no axis but " + std::to_string(along) +
                    " longer, for x has shape " + to_string(x));
  }
}

LayerPtr make_embedding(const Settings& settings) {
  Embedding embedding;
  if (settings.contains("padding_idx")) {
    const long long padding = integer_setting(settings, "padding_idx");
    if (padding < 0) {
      throw_value("embedding", "padding_idx", std::to_string(padding),
                  "a row of weight, from 0 up");
    }
    embedding.padding = static_cast<std::size_t>(padding);
  }
  return make_layer("embedding", Picked<Embedding>{embedding});
}

LayerPtr make_take(const Settings& settings) {
  Take take{.name = "take"};
  if (settings.contains("axis")) {
    take.axis = integer_setting(settings, "axis");
  }
  return make_layer("take", Picked<Take>{take});
}

SettingType axis_type() { return {.name = "axis", .kind = Kind::integer}; }

}  // namespace

template <class Real>
std::size_t index_at(std::string_view where, const TensorOf<Real>& index, std::size_t i,
                     std::size_t extent, bool from_end) {
  const Real value = index.data()[i];
  const Real lowest = from_end ? -Real(extent) : Real(0);
  if (!(value >= lowest && value < Real(extent) && value == std::trunc(value))) {
    throw_value(where, "index" + index_text(shape_of(index), i),
                number_text(static_cast<double>(value)),
                extent == 0 ? "none, for the axis is empty"
                            : "an integer from " + number_text(static_cast<double>(lowest)) +
                                  " to " + std::to_string(extent - 1));
  }
  return static_cast<std::size_t>(value < 0 ? value + Real(extent) : value);
}

template std::size_t index_at(std::string_view, const Tensor&, std::size_t, std::size_t, bool);
template std::size_t index_at(std::string_view, const LongTensor&, std::size_t, std::size_t, bool);

Shape Embedding::shape(const Shape& weight, const Shape& index) const {
  if (weight.size() != 2) {
    throw_shape("embedding", "weight", to_string(weight), "(V, D), a row for each index");
  }
  if (padding && *padding >= weight[0]) {
    throw_value("embedding", "padding_idx", std::to_string(*padding),
                "a row of weight, which has shape " + to_string(weight));
  }
  Shape y = index;
  y.push_back(weight[1]);
  return y;
}

template <class Real>
std::vector<std::size_t> Embedding::positions(const Shape& weight,
                                              const TensorOf<Real>& index) const {
  std::vector<std::size_t> positions;
  positions.reserve(index.size() * weight[1]);
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::size_t row = index_at("embedding", index, i, weight[0]);
    for (std::size_t k = 0; k < weight[1]; ++k) {
      positions.push_back(row == padding ? Picked<Embedding>::nowhere : row * weight[1] + k);
    }
  }
  return positions;
}

Shape GatherEntries::shape(const Shape& x, const Shape& index) const {
  require_index("gather", index, x, axis_of("gather", axis, x.size()));
  return index;
}

template <class Real>
std::vector<std::size_t> GatherEntries::positions(const Shape& x,
                                                  const TensorOf<Real>& index) const {
  const std::size_t along = axis_of("gather", axis, x.size());
  const std::vector<std::size_t> strides = strides_of(x);
  std::vector<std::size_t> positions(index.size(), 0);
  for_each_index(shape_of(index), [&](const std::vector<std::size_t>& at, std::size_t i) {
    for (std::size_t k = 0; k < at.size(); ++k) {
      positions[i] += (k == along ? index_at("gather", index, i, x[k]) : at[k]) * strides[k];
    }
  });
  return positions;
}

Shape Take::shape(const Shape& x, const Shape& index) const {
  if (index_rank && index.size() != *index_rank) {
    throw_shape(name, "index", to_string(index), "one axis");
  }
  if (!axis) {
    return index;
  }
  const auto along = static_cast<std::ptrdiff_t>(axis_of(name, *axis, x.size()));
  Shape y(x.begin(), x.begin() + along);
  y.insert(y.end(), index.begin(), index.end());
  y.insert(y.end(), x.begin() + along + 1, x.end());
  return y;
}

template <class Real>
std::vector<std::size_t> Take::positions(const Shape& x, const TensorOf<Real>& index) const {
  const Shape flat{entries_of(x)};
  const Lanes lanes(axis ? x : flat, axis ? axis_of(name, *axis, x.size()) : 0);
  std::vector<std::size_t> positions;
  positions.reserve(lanes.outer * index.size() * lanes.inner);
  for (std::size_t o = 0; o < lanes.outer; ++o) {
    for (std::size_t i = 0; i < index.size(); ++i) {
      const std::size_t slice = index_at(name, index, i, lanes.extent, from_end);
      for (std::size_t k = 0; k < lanes.inner; ++k) {
        positions.push_back((o * lanes.extent + slice) * lanes.inner + k);
      }
    }
  }
  return positions;
}

Shape ScatterAdd::shape(const Shape& x, const Shape& index, const Shape& src) const {
  require_index("scatter_add", index, x, axis_of("scatter_add", axis, x.size()));
  bool fits = src.size() == index.size();
  for (std::size_t k = 0; fits && k < src.size(); ++k) {
    fits = index[k] <= src[k];
  }
  if (!fits) {
    throw_shape("scatter_add", "src", to_string(src),
                to_string(index) + " at least, the shape of index");
  }
  return x;
}

void add_indexing_layers(LayerLibrary& library) {
  library.add({.name = "embedding",
               .group = "selection",
               .tensors = {"index", "weight"},
               .settings = {{.name = "padding_idx", .kind = Kind::integer, .optional = true}},
               .formula = "y[..., :] = weight[index[...], :]; rows of padding_idx are 0",
               .gradients = "dweight[index[i], :] += dy[i, :]; index is held constant",
               .shapes = "index of any shape, weight (V, D), y (index's shape, D)",
               .make = make_embedding});
  library.add(
      {.name = "gather",
       .group = "selection",
       .tensors = {"x", "index"},
       .settings = {axis_type()},
       .formula = "y[i, j] = x[index[i, j], j] along axis 0, x[i, index[i, j]] along axis 1",
       .gradients = "dx[index[i, j], j] += dy[i, j]; index is held constant",
       .shapes = "index of x's rank, nowhere longer than x but along `axis`; y as index",
       .order = {"x", "axis", "index"},
       .make = [](const Settings& settings) {
         return make_layer("gather", Picked<GatherEntries>{{integer_setting(settings, "axis")}});
       }});
  library.add({.name = "take",
               .group = "selection",
               .tensors = {"x", "index"},
               .settings = {{.name = "axis", .kind = Kind::integer, .optional = true}},
               .formula = "y = the slices of x along `axis` that index names (entries of x in "
                          "row-major order without axis); negative ones count from the end",
               .gradients = "dx += dy at the slices taken; index is held constant",
               .shapes = "y is x with the axis replaced by the shape of index",
               .make = make_take});
  library.add({.name = "index_select",
               .group = "selection",
               .tensors = {"x", "index"},
               .settings = {axis_type()},
               .formula = "y = the slices of x along `axis` that index names",
               .gradients = "dx += dy at the slices taken; index is held constant",
               .shapes = "index (n), y is x with extent n along `axis`",
               .order = {"x", "axis", "index"},
               .make = [](const Settings& settings) {
                 return make_layer("index_select",
                                   Picked<Take>{{.name = "index_select",
                                                 .axis = integer_setting(settings, "axis"),
                                                 .from_end = false,
                                                 .index_rank = 1}});
               }});
  library.add({.name = "scatter_add",
               .group = "selection",
               .tensors = {"x", "index", "src"},
               .settings = {axis_type()},
               .formula = "y = x; y[index[i, j], j] += src[i, j] along axis 0, "
                          "y[i, index[i, j]] += src[i, j] along axis 1",
               .gradients = "dx = dy, dsrc[i, j] = dy[index[i, j], j]; index is held constant",
               .shapes = "index and src of x's rank; index nowhere longer than src, nor than x but "
                         "along `axis`; y as x",
               .order = {"x", "axis", "index", "src"},
               .make = [](const Settings& settings) {
                 return make_layer("scatter_add", ScatterAdd{integer_setting(settings, "axis")});
               }});
}

}  // namespace gradcheck
