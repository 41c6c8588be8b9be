#include <algorithm>
#include <limits>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/normalisation.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

double epsilon_of(const std::string& name, const Settings& settings) {
  const double epsilon = number_setting(settings, "eps");
  if (epsilon < 0) {
    throw_value(name, "eps", number_text(epsilon), "a number ≥ 0");
  }
  return epsilon;
}

SettingType epsilon_type(double value) {
  return {.name = "eps", .kind = Kind::number, .default_value = value};
}

ScaledBy scaled_by(const Settings& settings) {
  return {given(settings, "weight"), settings.contains("bias") && given(settings, "bias")};
}

/// Groups along the last axes: those of weight, of bias, or of normalized_shape.
struct LastAxes {
  std::string name;
  ScaledBy scaled;
  std::optional<std::vector<long long>> normalized_shape;

  NormGroups operator()(std::span<const Shape> in) const {
    const Shape& x = in[0];
    const Shape wanted =
        normalized_shape ? Shape(normalized_shape->begin(), normalized_shape->end()) : in[1];
    const bool fits = !wanted.empty() && wanted.size() <= x.size() && entries_of(wanted) > 0 &&
                      std::equal(wanted.rbegin(), wanted.rend(), x.rbegin());
    if (!fits) {
      throw_shape(name,
                  normalized_shape ? "normalized_shape"
                  : scaled.weight  ? "weight"
                                   : "bias",
                  to_string(wanted), "the last extents of x, which has shape " + to_string(x));
    }
    scaled.require(name, in, wanted, "the axes that are normalised");
    NormGroups groups{x, x, wanted, wanted, 1};
    std::fill(groups.kept.end() - static_cast<std::ptrdiff_t>(wanted.size()), groups.kept.end(), 1);
    return groups;
  }
};

LayerPtr make_last_axes(const std::string& name, bool centre, const Settings& settings) {
  LastAxes groups{name, scaled_by(settings), integers_setting(settings, "normalized_shape")};
  if (!groups.scaled.weight && !groups.scaled.bias && !groups.normalized_shape) {
    throw_value(name, "weight", "no value",
                "a tensor over the axes to normalise, or normalized_shape");
  }
  if (groups.normalized_shape &&
      std::ranges::any_of(*groups.normalized_shape, [](long long n) { return n < 1; })) {
    throw_value(name, "normalized_shape", "an extent below 1", "extents ≥ 1");
  }
  return make_layer(name, GroupedNorm{groups, groups.scaled, epsilon_of(name, settings), centre});
}

/// Groups of neighbouring channels of each sample.
struct ChannelGroups {
  std::string name;
  ScaledBy scaled;
  std::size_t groups;

  NormGroups operator()(std::span<const Shape> in) const {
    const Shape& x = in[0];
    if (x.size() < 2 || entries_of(x) == 0) {
      throw_shape(name, "x", to_string(x), "(N, C, ...) with at least one entry");
    }
    const std::size_t channels = x[1];
    if (channels % groups != 0) {
      throw_value(name, "num_groups", std::to_string(groups),
                  "a divisor of the " + std::to_string(channels) +
                      " channels of x, which has shape " + to_string(x));
    }
    scaled.require(name, in, {channels}, "one entry for each channel of x");
    Shape laid(x.size() - 1, 1);
    laid[0] = channels;
    return {{x[0], groups, entries_of(x) / x[0] / groups},
            {x[0], groups, 1},
            {channels},
            laid,
            entries_of(x) / x[0] / channels};
  }
};

LayerPtr make_group_norm(const Settings& settings) {
  const long long groups = integer_setting(settings, "num_groups");
  if (groups < 1) {
    throw_value("group_norm", "num_groups", std::to_string(groups), "an integer ≥ 1");
  }
  const ScaledBy scaled = scaled_by(settings);
  return make_layer("group_norm", GroupedNorm{ChannelGroups{"group_norm", scaled,
                                                            static_cast<std::size_t>(groups)},
                                              scaled, epsilon_of("group_norm", settings)});
}

LayerPtr make_local_response(const Settings& settings) {
  const long long size = integer_setting(settings, "size");
  if (size < 1) {
    throw_value("local_response_norm", "size", std::to_string(size), "an integer ≥ 1");
  }
  return make_layer(
      "local_response_norm",
      LocalResponseNorm{static_cast<std::size_t>(size), number_setting(settings, "alpha"),
                        number_setting(settings, "beta"), number_setting(settings, "k")});
}

LayerType grouped(const char* name, std::function<LayerPtr(const Settings&)> make) {
  return {.name = name,
          .group = "normalisation",
          .tensors = {"x"},
          .optional_tensors = {"weight", "bias"},
          .settings = {epsilon_type(1e-5)},
          .formula =
              "y = x̂ weight + bias, x̂ = (x − μ) / √(σ² + eps), μ and σ² (biased) of each "
              "group",
          .gradients =
              "dx = (d − mean d − x̂ mean(d ⊙ x̂)) / √(σ² + eps), d = dy weight; dweight = "
              "Σ dy ⊙ x̂, dbias = Σ dy",
          .make = std::move(make)};
}

}  // namespace

void ScaledBy::require(std::string_view where, std::span<const Shape> in, const Shape& wanted,
                       const std::string& meaning) const {
  std::size_t slot = in.size() - (weight ? 1 : 0) - (bias ? 1 : 0);
  for (const char* what : {"weight", "bias"}) {
    const bool there = what[0] == 'w' ? weight : bias;
    if (there && in[slot] != wanted) {
      throw_shape(where, what, to_string(in[slot]), to_string(wanted) + ", " + meaning);
    }
    slot += there ? 1 : 0;
  }
}

Shape LocalResponseNorm::shape(const Shape& x) const {
  if (x.size() < 3) {
    throw_shape("local_response_norm", "x", to_string(x), "(N, C, L, ...)");
  }
  return x;
}

void add_normalisation_layers(LayerLibrary& library) {
  const SettingType axes{.name = "normalized_shape", .kind = Kind::integers, .optional = true};
  LayerType layer_norm = grouped("layer_norm", [](const Settings& settings) {
    return make_last_axes("layer_norm", true, settings);
  });
  layer_norm.settings.push_back(axes);
  layer_norm.shapes =
      "x and y (..., axes of weight), weight and bias of one shape; a group is what "
      "weight lies over; without both: normalized_shape";
  library.add(layer_norm);

  LayerType group_norm = grouped("group_norm", make_group_norm);
  group_norm.settings.insert(group_norm.settings.begin(),
                             {.name = "num_groups", .kind = Kind::integer});
  group_norm.order = {"x", "num_groups", "weight", "bias", "eps"};
  group_norm.shapes =
      "x and y (N, C, ...), weight and bias (C); a group is C / num_groups channels "
      "of a sample";
  library.add(group_norm);

  LayerType rms_norm = grouped("rms_norm", [](const Settings& settings) {
    return make_last_axes("rms_norm", false, settings);
  });
  rms_norm.optional_tensors = {"weight"};
  rms_norm.settings = {epsilon_type(std::numeric_limits<double>::epsilon()), axes};
  rms_norm.formula = "y = x̂ weight, x̂ = x / √(mean x² + eps)";
  rms_norm.gradients =
      "dx = (d − x̂ mean(d ⊙ x̂)) / √(mean x² + eps), d = dy weight; dweight = Σ dy ⊙ x̂";
  rms_norm.shapes =
      "x and y (..., axes of weight); a group is what weight lies over; without it: "
      "normalized_shape";
  library.add(rms_norm);

  library.add(
      {.name = "local_response_norm",
       .group = "normalisation",
       .tensors = {"x"},
       .settings = {{.name = "size", .kind = Kind::integer},
                    {.name = "alpha", .kind = Kind::number, .default_value = 1e-4},
                    {.name = "beta", .kind = Kind::number, .default_value = 0.75},
                    {.name = "k", .kind = Kind::number, .default_value = 1.0}},
       .formula = "y = x s^−beta, s = k + alpha/size Σ x² over the channels c − ⌊size/2⌋ … c "
                  "+ ⌊(size − 1)/2⌋ that there are",
       .gradients = "dx_j = dy_j s_j^−beta − 2 alpha beta/size x_j Σ_c dy_c x_c s_c^(−beta−1)",
       .shapes = "x and y (N, C, L, ...)",
       .make = make_local_response});
}

}  // namespace gradcheck
