#include <algorithm>
#include <cmath>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/rearranging.hpp>
#include <gradcheck/layers/resampling.hpp>
#include <gradcheck/layers/resizing.hpp>
#include <gradcheck/layers/windows.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// What interpolate is asked for: extents or a factor, and how places are aligned.
struct Interpolation {
  std::string mode;
  std::optional<std::vector<long long>> size;
  std::vector<double> factors;  ///< empty with `size`
  bool align_corners;
};

/// Each place of y sees the place ⌊o · scale⌋ of x.
AxisMap nearest_axis(std::size_t in, std::size_t out, double scale) {
  AxisMap map{in, {}, std::vector<double>(out, 1)};
  for (std::size_t o = 0; o < out; ++o) {
    const auto place = static_cast<std::size_t>(static_cast<double>(o) * scale);
    map.seen.push_back({{std::min(place, in - 1)}});
  }
  return map;
}

/// Each place of y stands between two places of x, at p = (o + ½) scale − ½, not below 0; with
/// aligned corners at p = o (in − 1) / (out − 1).
AxisMap linear_axis(std::size_t in, std::size_t out, double scale, bool align_corners) {
  AxisMap map{in, {}, std::vector<double>(out, 1)};
  const double apart = out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  for (std::size_t o = 0; o < out; ++o) {
    const auto at = static_cast<double>(o);
    const double p = align_corners ? at * apart : std::max((at + 0.5) * scale - 0.5, 0.0);
    const std::size_t below = std::min(static_cast<std::size_t>(p), in - 1);
    const double beyond = p - static_cast<double>(below);
    map.seen.emplace_back();
    if (beyond == 0 || below + 1 == in) {
      map.seen.back().push_back({below});
    } else {
      map.seen.back() = {{below, 1 - beyond}, {below + 1, beyond}};
    }
  }
  return map;
}

/// How many axes a mode has; 0 for any number.
std::size_t axes_of(const std::string& mode) {
  return mode == "linear" ? 1 : mode == "bilinear" ? 2 : mode == "trilinear" ? 3 : 0;
}

std::vector<AxisMap> interpolated(const Interpolation& how, const Shape& x) {
  const std::size_t wanted = axes_of(how.mode);
  const std::size_t axes = wanted > 0 ? wanted : std::max<std::size_t>(x.size(), 3) - 2;
  if (x.size() != axes + 2 || axes > 3 || std::ranges::count(x, 0) > 0) {
    throw_shape("interpolate", "x", to_string(x),
                wanted > 0
                    ? "(N, C, ...) with " + std::to_string(wanted) +
                          (wanted == 1 ? " axis" : " axes") +
                          " after the channels and no extent 0, for mode=\"" + how.mode + "\""
                    : std::string("(N, C, ...) with 1 to 3 axes after the channels and no "
                                  "extent 0"));
  }
  const std::vector<std::size_t> sizes =
      how.size ? numbers_by_axis("interpolate", "size", *how.size, axes, 1)
               : std::vector<std::size_t>();
  if (!how.size && how.factors.size() != 1 && how.factors.size() != axes) {
    throw_value("interpolate", "scale_factor", std::to_string(how.factors.size()) + " numbers",
                "one number, or " + std::to_string(axes));
  }
  std::vector<AxisMap> maps;
  for (std::size_t a = 0; a < axes; ++a) {
    const std::size_t in = x[2 + a];
    const double factor = how.size ? 1 : how.factors[how.factors.size() == 1 ? 0 : a];
    const double exact =
        std::min(std::floor(static_cast<double>(in) * factor), double(max_entries));
    const auto grown = static_cast<std::size_t>(exact);
    const std::size_t out = how.size ? sizes[a] : grown;
    if (out == 0) {
      throw_shape("interpolate", "x", to_string(x),
                  "extents that scale_factor leaves at least 1, out = ⌊in scale_factor⌋");
    }
    require_axis("interpolate", out);
    const double scale = how.size ? static_cast<double>(in) / static_cast<double>(out) : 1 / factor;
    maps.push_back(how.mode == "nearest" ? nearest_axis(in, out, scale)
                                         : linear_axis(in, out, scale, how.align_corners));
  }
  return maps;
}

LayerPtr make_interpolate(const Settings& settings) {
  Interpolation how{word_setting(settings, "mode"), integers_setting(settings, "size"), {}, false};
  if (settings.contains("scale_factor")) {
    how.factors = std::get<std::vector<double>>(settings.at("scale_factor"));
  }
  how.align_corners =
      settings.contains("align_corners") && boolean_setting(settings, "align_corners");
  if (how.size.has_value() != how.factors.empty()) {
    throw_value("interpolate", "size and scale_factor", how.size ? "both given" : "neither given",
                "one of them");
  }
  if (std::ranges::any_of(how.factors, [](double factor) { return !(factor > 0); })) {
    throw_value("interpolate", "scale_factor", "a factor that is not positive", "positive numbers");
  }
  if (how.mode == "nearest" && settings.contains("align_corners")) {
    throw_value("interpolate", "align_corners", "a value for mode=\"nearest\"",
                "mode linear, bilinear or trilinear");
  }
  return make_layer("interpolate",
                    Resampling{[how](const Shape& x) { return interpolated(how, x); }});
}

/// The place that a place i of the padded axis (from −before on) sees, if any.
std::optional<std::size_t> padded_place(const std::string& mode, long long i, long long in) {
  if (i >= 0 && i < in) {
    return static_cast<std::size_t>(i);
  }
  if (mode == "constant") {
    return std::nullopt;
  }
  const long long place = mode == "replicate"  ? std::clamp(i, 0LL, in - 1)
                          : mode == "circular" ? (i + in) % in
                          : i < 0              ? -i
                                               : 2 * (in - 1) - i;
  return static_cast<std::size_t>(place);
}

AxisMap padded_axis(const std::string& mode, std::size_t in, long long before, long long after) {
  const auto extent = static_cast<long long>(in);
  const long long most = mode == "reflect" ? extent - 1 : mode == "circular" ? extent : before;
  const bool from_nothing = mode != "constant" && in == 0;
  if (from_nothing ||
      (mode != "constant" && mode != "replicate" && (before > most || after > most))) {
    throw_shape("pad", "x",
                std::to_string(in) + " along an axis that gets " + std::to_string(before) +
                    " and " + std::to_string(after) + " more",
                mode == "reflect"    ? "more than either of them, for mode=\"reflect\""
                : mode == "circular" ? "at least as many as either of them, for mode=\"circular\""
                                     : "at least 1, for mode=\"replicate\"");
  }
  if (before + extent + after < 0) {
    throw_shape("pad", "x",
                std::to_string(in) + " along an axis that loses " + std::to_string(-before) +
                    " and " + std::to_string(-after),
                "at least as many, out = in + before + after");
  }
  const auto out = static_cast<std::size_t>(before + extent + after);
  require_axis("pad", out);
  AxisMap map{in, {}, std::vector<double>(out, 1)};
  for (long long i = -before; i < extent + after; ++i) {
    const std::optional<std::size_t> place = padded_place(mode, i, extent);
    map.seen.emplace_back();
    if (place) {
      map.seen.back().push_back({*place});
    }
  }
  return map;
}

LayerPtr make_pad(const Settings& settings) {
  const std::vector<long long> pad = *integers_setting(settings, "pad");
  const std::string mode = word_setting(settings, "mode");
  const double value = number_setting(settings, "value");
  if (pad.empty() || pad.size() % 2 != 0) {
    throw_value("pad", "pad", list_text(pad),
                "two integers an axis, before and after, the last axis first");
  }
  if (value != 0 && mode != "constant") {
    throw_value("pad", "value", number_text(value), "mode=\"constant\"");
  }
  const auto maps = [pad, mode](const Shape& x) {
    if (pad.size() / 2 > x.size()) {
      throw_shape("pad", "x", to_string(x),
                  "at least " + std::to_string(pad.size() / 2) + " axes for pad=" + list_text(pad));
    }
    std::vector<AxisMap> axes;
    for (std::size_t a = pad.size() / 2; a-- > 0;) {
      axes.push_back(padded_axis(mode, x[x.size() - 1 - a], pad[2 * a], pad[2 * a + 1]));
    }
    return axes;
  };
  return make_layer("pad", Resampling{maps, value});
}

LayerPtr make_pixel_shuffle(const Settings& settings) {
  const long long factor = integer_setting(settings, "upscale_factor");
  if (factor < 1) {
    throw_value("pixel_shuffle", "upscale_factor", std::to_string(factor), "an integer ≥ 1");
  }
  return make_layer("pixel_shuffle", Rearranged<PixelShuffle>{{static_cast<std::size_t>(factor)}});
}

}  // namespace

Shape PixelShuffle::shape(const Shape& x) const {
  const Planes planes("pixel_shuffle", "x", x, 2);
  if (factor > planes.channels + 1 || planes.channels % (factor * factor) != 0) {
    throw_shape("pixel_shuffle", "x", to_string(x),
                "a multiple of r² channels with r = upscale_factor = " + std::to_string(factor) +
                    "; y is (N, C / r², H r, W r)");
  }
  Shape y = x;
  y[x.size() - 3] /= factor * factor;
  y[x.size() - 2] *= factor;
  y[x.size() - 1] *= factor;
  return y;
}

std::vector<std::size_t> PixelShuffle::positions(const Shape& x) const {
  const Shape y = shape(x);
  const std::size_t width = y.back(), height = y[y.size() - 2];
  std::vector<std::size_t> from(entries_of(y));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t column = i % width, row = i / width % height, channel = i / width / height;
    const std::size_t in = channel * factor * factor + row % factor * factor + column % factor;
    from[i] = (in * (height / factor) + row / factor) * (width / factor) + column / factor;
  }
  return from;
}

void add_resizing_layers(LayerLibrary& library) {
  library.add({.name = "interpolate",
               .group = "spatial",
               .tensors = {"x"},
               .settings = {{.name = "size", .kind = Kind::integers, .optional = true},
                            {.name = "scale_factor", .kind = Kind::numbers, .optional = true},
                            {.name = "mode",
                             .kind = Kind::word,
                             .default_value = std::string("nearest"),
                             .words = {"nearest", "linear", "bilinear", "trilinear"}},
                            {.name = "align_corners", .kind = Kind::boolean, .optional = true}},
               .formula =
                   "nearest: y[o] = x[⌊o in / out⌋]; (bi, tri)linear: between the neighbours of "
                   "p = (o + ½) in / out − ½, or of o (in − 1) / (out − 1) with align_corners",
               .gradients = "dy to the entries that y was made of, by their weights, added up",
               .shapes = "x (N, C, in...), y (N, C, out...); out = size, or ⌊in scale_factor⌋",
               .make = make_interpolate});
  library.add({.name = "pad",
               .group = "spatial",
               .tensors = {"x"},
               .settings = {{.name = "pad", .kind = Kind::integers},
                            {.name = "mode",
                             .kind = Kind::word,
                             .default_value = std::string("constant"),
                             .words = {"constant", "reflect", "replicate", "circular"}},
                            {.name = "value", .kind = Kind::number, .default_value = 0.0}},
               .formula = "y = x with entries before and after it along its last axes: value, x "
                          "mirrored at its border, its border, or x from the other end",
               .gradients = "dy to the entries of x that y shows, added up",
               .shapes = "pad = [before, after] of the last axis, then of the one before it, ...; "
                         "out = in + before + after; negative ones cut off",
               .make = make_pad});
  library.add({.name = "pixel_shuffle",
               .group = "spatial",
               .tensors = {"x"},
               .settings = {{.name = "upscale_factor", .kind = Kind::integer}},
               .formula = "y[n, c, h r + i, w r + j] = x[n, c r² + i r + j, h, w], r = "
                          "upscale_factor",
               .gradients = "dy moved back",
               .shapes = "x (N, C r², H, W), y (N, C, H r, W r)",
               .make = make_pixel_shuffle});
}

}  // namespace gradcheck
