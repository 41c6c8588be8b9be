#include <algorithm>

#include <gradcheck/layers/convolution.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

constexpr const char* extent_formula =
    "out = ⌊(in + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1";
constexpr const char* transposed_extent_formula =
    "out = (in − 1) stride − 2 padding + dilation (kernel − 1) + output_padding + 1";

Shape kernel_of(const Shape& W) { return Shape(W.begin() + 2, W.end()); }

/// "(out channels, C / groups, kernel...)" and the like: what W is expected to be.
void require_filter(const ConvolutionSettings& settings, const Shape& W, std::size_t along,
                    std::size_t channels, const char* layout, const Shape& x) {
  const bool fits = W.size() == settings.axes + 2 && W[along] == channels &&
                    std::all_of(W.begin() + 2, W.end(), [](std::size_t k) { return k > 0; });
  if (!fits) {
    throw_shape(settings.name, "W", to_string(W),
                std::string(layout) + " with " + std::to_string(settings.axes) +
                    (settings.axes == 1 ? " axis" : " axes") + " in the kernel and " +
                    std::to_string(channels) + " along axis " + std::to_string(along) +
                    ", for x has shape " + to_string(x) +
                    " and groups=" + std::to_string(settings.groups));
  }
}

void require_groups(const ConvolutionSettings& settings, const char* what, std::size_t channels) {
  if (settings.groups == 0 || channels % settings.groups != 0) {
    throw_value(settings.name, "groups", std::to_string(settings.groups),
                "a divisor of the " + std::to_string(channels) + " " + what);
  }
}

void require_bias(const ConvolutionSettings& settings, std::span<const Shape> x,
                  std::size_t channels) {
  if (x.size() == 3 && x[2] != Shape{channels}) {
    throw_shape(settings.name, "b", to_string(x[2]),
                to_string(Shape{channels}) + ", one entry for each channel of y");
  }
}

/// Padding and extents of what a convolution makes of a plane.
Shape slid_over(const Shape& plane, const Shape& kernel, const ConvolutionSettings& settings,
                WindowSteps& steps) {
  Shape out(plane.size());
  for (std::size_t a = 0; a < plane.size(); ++a) {
    const std::size_t reach = reach_of(kernel[a], steps.dilation[a]);
    const std::size_t added = settings.same ? reach - 1 : 2 * steps.padding[a];
    steps.padding[a] = settings.same ? added / 2 : steps.padding[a];
    if (reach > plane[a] + added) {
      throw_shape(settings.name, "the kernel", to_string(kernel),
                  "dilation (kernel − 1) + 1 ≤ in + 2 padding, but " + std::to_string(reach) +
                      " > " + std::to_string(plane[a] + added) + " along axis " +
                      std::to_string(a) + " of the kernel; " + extent_formula);
    }
    out[a] = (plane[a] + added - reach) / steps.stride[a] + 1;
  }
  return out;
}

/// The extents of what a transposed convolution makes of a plane.
Shape spread_over(const Shape& plane, const Shape& kernel, const ConvolutionSettings& settings) {
  Shape out(plane.size());
  for (std::size_t a = 0; a < plane.size(); ++a) {
    const WindowSteps& steps = settings.steps;
    const std::size_t reach = reach_of(kernel[a], steps.dilation[a]);
    const std::size_t full =
        plane[a] == 0 ? 0 : (plane[a] - 1) * steps.stride[a] + reach + settings.output_padding[a];
    if (full <= 2 * steps.padding[a]) {
      throw_shape(
          settings.name, "x",
          "..., " + std::to_string(plane[a]) + " along axis " + std::to_string(a) + " of its plane",
          std::string("an extent that leaves y at least one entry, ") + transposed_extent_formula);
    }
    out[a] = full - 2 * steps.padding[a];
  }
  return out;
}

/// The planes of x with other channels and extents.
Planes changed(Planes planes, std::size_t channels, Shape extents) {
  planes.channels = channels;
  planes.extents = std::move(extents);
  return planes;
}

Shape with_planes(Shape x, const Planes& planes) {
  const auto first = x.end() - static_cast<std::ptrdiff_t>(planes.extents.size());
  *(first - 1) = planes.channels;
  std::ranges::copy(planes.extents, first);
  return x;
}

std::vector<std::size_t> output_padding_of(const std::string& name, const Settings& settings,
                                           const WindowSteps& steps) {
  const std::vector<std::size_t> extra =
      numbers_by_axis(name, "output_padding", *integers_setting(settings, "output_padding"),
                      steps.stride.size(), 0);
  for (std::size_t a = 0; a < extra.size(); ++a) {
    if (extra[a] >= std::max(steps.stride[a], steps.dilation[a])) {
      throw_value(name, "output_padding", std::to_string(extra[a]),
                  "less than stride or dilation, which are " + std::to_string(steps.stride[a]) +
                      " and " + std::to_string(steps.dilation[a]));
    }
  }
  return extra;
}

ConvolutionSettings settings_of(const std::string& name, std::size_t axes,
                                const Settings& settings) {
  const auto numbers = [&](const char* what, long long least) {
    return numbers_by_axis(name, what, *integers_setting(settings, what), axes, least);
  };
  const std::string* word = std::get_if<std::string>(&settings.at("padding"));
  const long long groups = integer_setting(settings, "groups");
  if (groups < 1) {
    throw_value(name, "groups", std::to_string(groups), "an integer ≥ 1");
  }
  ConvolutionSettings made{
      name,
      axes,
      {numbers("stride", 1),
       word != nullptr ? std::vector<std::size_t>(axes, 0) : numbers("padding", 0),
       numbers("dilation", 1)},
      static_cast<std::size_t>(groups),
      word != nullptr && *word == "same"};
  if (made.same && std::ranges::any_of(made.steps.stride, [](std::size_t s) { return s != 1; })) {
    throw_value(name, "padding", "\"same\"", "a number, or stride=1");
  }
  return made;
}

std::vector<SettingType> common_settings() {
  return {{.name = "stride", .kind = Kind::integers, .default_value = std::vector<double>{1}},
          {.name = "padding", .kind = Kind::integers, .default_value = std::vector<double>{0}}};
}

LayerType convolution(const std::string& name, std::size_t axes) {
  LayerType type{.name = name,
                 .group = "spatial",
                 .tensors = {"x", "W"},
                 .optional_tensors = {"b"},
                 .settings = common_settings(),
                 .formula =
                     "y[n, c, o] = b[c] + Σ_j Σ_k x[n, j, o stride + k dilation − padding] "
                     "W[c, j, k], x = 0 outside; j runs over the channels of c's group",
                 .gradients =
                     "with P the patches of x as rows: dW = dYᵀ P, dP = dY W added to x's "
                     "places, db = Σ dy over samples and places",
                 .shapes = "x " + layout_text(axes) +
                           ", W (out channels, C / groups, kernel), b "
                           "(out channels); along each axis " +
                           extent_formula,
                 .make = [name, axes](const Settings& settings) {
                   return make_layer(name, Convolution{settings_of(name, axes, settings)});
                 }};
  type.settings[1].words = {"same", "valid"};
  type.settings.push_back(
      {.name = "dilation", .kind = Kind::integers, .default_value = std::vector<double>{1}});
  type.settings.push_back({.name = "groups", .kind = Kind::integer, .default_value = 1.0});
  return type;
}

LayerType transposed_convolution(const std::string& name, std::size_t axes) {
  LayerType type{
      .name = name,
      .group = "spatial",
      .tensors = {"x", "W"},
      .optional_tensors = {"b"},
      .settings = common_settings(),
      .formula =
          "y[n, c, i stride + k dilation − padding] gets Σ_j x[n, j, i] W[j, c, k] added, "
          "for all i and k, to b[c]; j runs over the channels of c's group",
      .gradients =
          "with dP the patches of dy as rows: dX = dP Wᵀ, dW = Xᵀ dP, db = Σ dy over "
          "samples and places",
      .shapes = "x " + layout_text(axes) +
                ", W (C, out channels / groups, kernel), b (out "
                "channels); along each axis " +
                transposed_extent_formula,
      .make = [name, axes](const Settings& settings) {
        ConvolutionSettings made = settings_of(name, axes, settings);
        made.output_padding = output_padding_of(name, settings, made.steps);
        return make_layer(name, TransposedConvolution{std::move(made)});
      }};
  type.settings.push_back(
      {.name = "output_padding", .kind = Kind::integers, .default_value = std::vector<double>{0}});
  type.settings.push_back({.name = "groups", .kind = Kind::integer, .default_value = 1.0});
  type.settings.push_back(
      {.name = "dilation", .kind = Kind::integers, .default_value = std::vector<double>{1}});
  return type;
}

}  // namespace

ConvolutionPlan Convolution::plan(const Shape& x, const Shape& W) const {
  const Planes image(settings.name, "x", x, settings.axes);
  require_groups(settings, "channels of x", image.channels);
  require_filter(settings, W, 1, image.channels / settings.groups,
                 "(out channels, C / groups, kernel)", x);
  require_groups(settings, "out channels of W", W[0]);
  WindowSteps steps = settings.steps;
  const Shape kernel = kernel_of(W);
  const Shape out = slid_over(image.extents, kernel, settings, steps);
  return {image, changed(image, W[0], out), settings.groups,
          Windows(image.extents, kernel, steps, out)};
}

Shape Convolution::shape(std::span<const Shape> x) const {
  const ConvolutionPlan p = plan(x[0], x[1]);
  require_bias(settings, x, p.response.channels);
  return output_shape(x[0], p);
}

Shape Convolution::output_shape(const Shape& x, const ConvolutionPlan& plan) {
  return with_planes(x, plan.response);
}

ConvolutionPlan TransposedConvolution::plan(const Shape& x, const Shape& W) const {
  const Planes response(settings.name, "x", x, settings.axes);
  require_groups(settings, "channels of x", response.channels);
  require_filter(settings, W, 0, response.channels, "(C, out channels / groups, kernel)", x);
  const Shape kernel = kernel_of(W);
  const Shape out = spread_over(response.extents, kernel, settings);
  return {changed(response, W[1] * settings.groups, out), response, settings.groups,
          Windows(out, kernel, settings.steps, response.extents)};
}

Shape TransposedConvolution::shape(std::span<const Shape> x) const {
  const ConvolutionPlan p = plan(x[0], x[1]);
  require_bias(settings, x, p.image.channels);
  return output_shape(x[0], p);
}

Shape TransposedConvolution::output_shape(const Shape& x, const ConvolutionPlan& plan) {
  return with_planes(x, plan.image);
}

void add_convolution_layers(LayerLibrary& library) {
  library.add(convolution("conv1d", 1));
  library.add(convolution("conv2d", 2));
  library.add(convolution("conv3d", 3));
  library.add(transposed_convolution("conv_transpose1d", 1));
  library.add(transposed_convolution("conv_transpose2d", 2));
}

}  // namespace gradcheck
