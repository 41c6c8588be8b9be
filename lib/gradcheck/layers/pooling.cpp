#include <algorithm>
#include <utility>

#include <gradcheck/layers/pooling.hpp>
#include <gradcheck/layers/resampling.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

constexpr const char* extent_formula =
    "out = ⌊(in + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1";

/// How many windows fit along an axis.
std::size_t windows_along(const PoolingSettings& settings, std::size_t in, std::size_t a) {
  const std::size_t stride = settings.steps.stride[a];
  const std::size_t padded = in + 2 * settings.steps.padding[a];
  const std::size_t reach = reach_of(settings.kernel[a], settings.steps.dilation[a]);
  if (in == 0 || reach > padded) {
    throw_shape(settings.name, "x",
                std::to_string(in) + " along axis " + std::to_string(a) + " of its plane",
                "dilation (kernel − 1) + 1 ≤ in + 2 padding, here " + std::to_string(reach) +
                    " ≤ " + std::to_string(padded) + "; " + extent_formula);
  }
  const std::size_t beyond = settings.ceil_mode ? stride - 1 : 0;
  const std::size_t out = (padded - reach + beyond) / stride + 1;
  return (out - 1) * stride >= in + settings.steps.padding[a] ? out - 1 : out;
}

PoolingSettings settings_of(const std::string& name, std::size_t axes, const Settings& settings) {
  const auto numbers = [&](const char* what, long long least) {
    return numbers_by_axis(name, what, *integers_setting(settings, what), axes, least);
  };
  PoolingSettings made{name, axes, numbers("kernel_size", 1), {}, false};
  made.steps.stride = integers_setting(settings, "stride") ? numbers("stride", 1) : made.kernel;
  made.steps.padding = numbers("padding", 0);
  made.steps.dilation =
      settings.contains("dilation") ? numbers("dilation", 1) : std::vector<std::size_t>(axes, 1);
  made.ceil_mode = boolean_setting(settings, "ceil_mode");
  for (std::size_t a = 0; a < axes; ++a) {
    if (2 * made.steps.padding[a] > made.kernel[a]) {
      throw_value(name, "padding", std::to_string(made.steps.padding[a]),
                  "at most half of kernel_size=" + std::to_string(made.kernel[a]));
    }
  }
  return made;
}

/// What an average counts: entries and padding, entries alone, or a number of the user's.
struct AverageSettings {
  PoolingSettings pooling;
  bool count_include_pad;
  std::optional<double> divisor;
};

/// The windows of an average along one axis.
AxisMap averaged_axis(const AverageSettings& settings, std::size_t in, std::size_t a) {
  const std::size_t padding = settings.pooling.steps.padding[a];
  AxisMap map{in, {}, {}};
  const std::size_t count = windows_along(settings.pooling, in, a);
  for (std::size_t w = 0; w < count; ++w) {
    const std::size_t first = w * settings.pooling.steps.stride[a];  // in the padded input
    const std::size_t last = std::min(first + settings.pooling.kernel[a], in + 2 * padding);
    map.seen.emplace_back();
    for (std::size_t p = std::max(first, padding); p < std::min(last, in + padding); ++p) {
      map.seen.back().push_back({p - padding});
    }
    const std::size_t seen = map.seen.back().size();
    const std::size_t counted = settings.count_include_pad ? last - first : seen;
    map.divisor.push_back(settings.divisor ? (a == 0 ? *settings.divisor : 1.0)
                                           : static_cast<double>(counted));
  }
  return map;
}

LayerPtr make_average(const std::string& name, std::size_t axes, const Settings& settings) {
  AverageSettings average{settings_of(name, axes, settings),
                          boolean_setting(settings, "count_include_pad"), std::nullopt};
  if (settings.contains("divisor_override")) {
    average.divisor = number_setting(settings, "divisor_override");
    if (*average.divisor == 0) {
      throw_value(name, "divisor_override", "0", "a number other than 0");
    }
  }
  return make_layer(name, Resampling{[average, axes](const Shape& x) {
                      const Planes planes(average.pooling.name, "x", x, axes);
                      std::vector<AxisMap> maps;
                      for (std::size_t a = 0; a < axes; ++a) {
                        maps.push_back(averaged_axis(average, planes.extents[a], a));
                      }
                      return maps;
                    }});
}

/// Windows that share the extent evenly: o sees from ⌊o in / out⌋ to before ⌈(o + 1) in / out⌉.
AxisMap shared_axis(std::size_t in, std::size_t out) {
  require_axis("adaptive_avg_pool2d", out);
  AxisMap map{in, {}, {}};
  for (std::size_t o = 0; o < out; ++o) {
    map.seen.emplace_back();
    for (std::size_t i = o * in / out; i < ((o + 1) * in + out - 1) / out; ++i) {
      map.seen.back().push_back({i});
    }
    map.divisor.push_back(static_cast<double>(map.seen.back().size()));
  }
  return map;
}

LayerPtr make_adaptive(const std::string& name, const Settings& settings) {
  const std::vector<std::size_t> out =
      numbers_by_axis(name, "output_size", *integers_setting(settings, "output_size"), 2, 1);
  return make_layer(name, Resampling{[name, out](const Shape& x) {
                      const Planes planes(name, "x", x, 2);
                      require_entries(name, "a plane of x", planes.extents);
                      return std::vector<AxisMap>{shared_axis(planes.extents[0], out[0]),
                                                  shared_axis(planes.extents[1], out[1])};
                    }});
}

LayerPtr make_global(const std::string& name, const Settings& settings) {
  const auto maps = [name](const Shape& x) {
    if (x.size() < 3 || entries_of(Shape(x.begin() + 2, x.end())) == 0) {
      throw_shape(name, "x", to_string(x), "(N, C, ...) with at least one entry for each channel");
    }
    std::vector<AxisMap> all;
    std::transform(x.begin() + 2, x.end(), std::back_inserter(all),
                   [](std::size_t extent) { return shared_axis(extent, 1); });
    return all;
  };
  return make_layer(name, Resampling{maps, 0, !boolean_setting(settings, "keepdims")});
}

SettingType sizes(const char* name, std::optional<Setting> default_value) {
  return {.name = name, .kind = Kind::integers, .default_value = std::move(default_value)};
}

std::vector<SettingType> window_settings() {
  return {sizes("kernel_size", std::nullopt),
          {.name = "stride", .kind = Kind::integers, .optional = true},
          sizes("padding", std::vector<double>{0})};
}

LayerType max_pool(const std::string& name, std::size_t axes) {
  LayerType type{.name = name,
                 .group = "spatial",
                 .tensors = {"x"},
                 .settings = window_settings(),
                 .formula =
                     "y[n, c, o] = max_k x[n, c, o stride + k dilation − padding]; padding "
                     "is never the largest",
                 .gradients = "dy to the (first) largest entry of its window, added up",
                 .shapes = "x " + layout_text(axes) + "; along each axis " + extent_formula +
                           "; stride is kernel_size without it",
                 .make = [name, axes](const Settings& settings) {
                   return make_layer(name, MaxPool{settings_of(name, axes, settings)});
                 }};
  type.settings.push_back(sizes("dilation", std::vector<double>{1}));
  type.settings.push_back({.name = "ceil_mode", .kind = Kind::boolean, .default_value = false});
  return type;
}

LayerType avg_pool(const std::string& name, std::size_t axes) {
  LayerType type{
      .name = name,
      .group = "spatial",
      .tensors = {"x"},
      .settings = window_settings(),
      .formula =
          "y[n, c, o] = (1/m) Σ_k x[n, c, o stride + k − padding], x = 0 outside; m counts "
          "the window with its padding (without it: count_include_pad=false)",
      .gradients = "dy / m to every entry of its window, added up",
      .shapes = "x " + layout_text(axes) +
                "; along each axis out = ⌊(in + 2 padding − kernel) / stride⌋ + 1; stride is "
                "kernel_size without it",
      .make = [name, axes](const Settings& settings) {
        return make_average(name, axes, settings);
      }};
  type.settings.push_back({.name = "ceil_mode", .kind = Kind::boolean, .default_value = false});
  type.settings.push_back(
      {.name = "count_include_pad", .kind = Kind::boolean, .default_value = true});
  if (axes == 2) {
    type.settings.push_back({.name = "divisor_override", .kind = Kind::number, .optional = true});
  }
  return type;
}

}  // namespace

Shape PoolingSettings::extents(const Shape& plane) const {
  Shape out(axes);
  for (std::size_t a = 0; a < axes; ++a) {
    out[a] = windows_along(*this, plane[a], a);
  }
  return out;
}

Shape PoolingSettings::shape(const Shape& x) const {
  const Shape out = extents(Planes(name, "x", x, axes).extents);
  Shape y = x;
  std::ranges::copy(out, y.end() - static_cast<std::ptrdiff_t>(axes));
  return y;
}

Windows MaxPool::windows_of(const Shape& x) const {
  const Shape plane = Planes(settings.name, "x", x, settings.axes).extents;
  return {plane, settings.kernel, settings.steps, settings.extents(plane)};
}

std::size_t MaxPool::places_of(const Shape& x) const {
  return Planes(settings.name, "x", x, settings.axes).places();
}

Shape MaxPool::shape(const Shape& x) const {
  const Windows windows = windows_of(x);
  for (std::size_t w = 0; w < windows.count(); ++w) {
    bool sees = false;
    for (std::size_t k = 0; k < windows.size(); ++k) {
      sees = sees || windows.place(w, k) != Windows::outside;
    }
    if (!sees) {
      throw_shape(settings.name, "x", to_string(x),
                  "planes of which every window sees an entry, not padding alone");
    }
  }
  return settings.shape(x);
}

Branches MaxPool::branches(const Tensor& x) const {
  const Windows windows = windows_of(shape_of(x));
  Branches pieces;
  along(x, windows, [&](const double* plane, std::size_t w, std::size_t) {
    pieces.push_back(static_cast<std::int32_t>(winner(plane, windows, w)));
    return static_cast<std::size_t>(pieces.back());
  });
  return pieces;
}

std::vector<Tie> MaxPool::ties(Inputs<double> x, Inputs<double> widths) const {
  const Windows windows = windows_of(shape_of(*x[0]));
  const Branches largest = branches(*x[0]);
  std::vector<Tie> found;
  for (std::size_t i = 0; i < largest.size(); ++i) {
    const std::size_t start = i / windows.count() * places_of(shape_of(*x[0]));
    const std::size_t w = i % windows.count();
    const auto entry = [&](std::size_t k) {
      return start + static_cast<std::size_t>(windows.place(w, k));
    };
    const std::size_t best = entry(static_cast<std::size_t>(largest[i]));
    Tie tie{i, {}, {}};
    for (std::size_t k = 0; k < windows.size(); ++k) {
      if (windows.place(w, k) == Windows::outside) {
        continue;
      }
      const double below = std::abs(x[0]->data()[best] - x[0]->data()[entry(k)]);
      if (entry(k) == best || x[0]->data()[entry(k)] == x[0]->data()[best] ||
          below <= widths[0]->data()[best] + widths[0]->data()[entry(k)]) {
        tie.pieces.push_back(static_cast<std::int32_t>(k));
        tie.entries.push_back({0, entry(k)});
      }
    }
    if (tie.pieces.size() > 1) {
      found.push_back(std::move(tie));
    }
  }
  return found;
}

void add_pooling_layers(LayerLibrary& library) {
  library.add(max_pool("max_pool1d", 1));
  library.add(max_pool("max_pool2d", 2));
  library.add(avg_pool("avg_pool1d", 1));
  library.add(avg_pool("avg_pool2d", 2));
  library.add({.name = "adaptive_avg_pool2d",
               .group = "spatial",
               .tensors = {"x"},
               .settings = {sizes("output_size", std::nullopt)},
               .formula = "y[n, c, o] = the mean of x[n, c, i] over ⌊o in / out⌋ ≤ i < ⌈(o + 1) in "
                          "/ out⌉ along both axes",
               .gradients = "dy / m to each of the m entries of its window, added up",
               .shapes = "x " + layout_text(2) + ", y with the extents of output_size",
               .make = [](const Settings& settings) {
                 return make_adaptive("adaptive_avg_pool2d", settings);
               }});
  library.add(
      {.name = "global_avg_pool",
       .group = "spatial",
       .tensors = {"x"},
       .settings = {{.name = "keepdims", .kind = Kind::boolean, .default_value = false}},
       .formula = "y[n, c] = the mean of x[n, c] over all places",
       .gradients = "dx = dy / m, repeated over the m places",
       .shapes = "x (N, C, ...), y (N, C); keepdims=true leaves the other axes with extent 1",
       .make = [](const Settings& settings) { return make_global("global_avg_pool", settings); }});
}

}  // namespace gradcheck
