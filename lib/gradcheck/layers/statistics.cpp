#include <gradcheck/layers/statistics.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

constexpr const char* reduced_shape =
    "y is x without the axes of `axis` (all of them without it); keepdims=true leaves them with "
    "extent 1";

ReducedAxes axes_setting(const char* name, const Settings& settings) {
  return {name, integers_setting(settings, "axis"), boolean_setting(settings, "keepdims")};
}

LayerType statistic(const char* name, std::vector<SettingType> more, const char* formula,
                    const char* gradient, std::function<LayerPtr(const Settings&)> make) {
  std::vector<SettingType> settings{
      {.name = "axis", .kind = Kind::integers, .optional = true},
      {.name = "keepdims", .kind = Kind::boolean, .default_value = false}};
  settings.insert(settings.begin() + 1, more.begin(), more.end());
  return {.name = name,
          .group = "reduction",
          .tensors = {"x"},
          .settings = std::move(settings),
          .formula = formula,
          .gradients = gradient,
          .shapes = reduced_shape,
          .make = std::move(make)};
}

template <class F>
std::function<LayerPtr(const Settings&)> spread_maker(const char* name) {
  return [name](const Settings& settings) {
    const double ddof = number_setting(settings, "ddof");
    if (!(ddof >= 0)) {
      throw_value(name, "ddof", number_text(ddof), "a number from 0 up");
    }
    return make_layer(name, Fold<F>{axes_setting(name, settings), {ddof}});
  };
}

template <class F>
std::function<LayerPtr(const Settings&)> maker(const char* name) {
  return [name](const Settings& settings) {
    return make_layer(name, Fold<F>{axes_setting(name, settings)});
  };
}

const SettingType ddof_type{.name = "ddof", .kind = Kind::number, .default_value = 0.0};

/// p, a number or one of the words "fro" (2) and "inf".
double order_of(const Settings& settings) {
  const std::string* const word = std::get_if<std::string>(&settings.at("p"));
  return word == nullptr  ? number_setting(settings, "p")
         : *word == "inf" ? std::numeric_limits<double>::infinity()
                          : 2;
}

LayerPtr make_norm(const Settings& settings) {
  const double p = order_of(settings);
  if (!(p >= 1)) {
    throw_value("norm", "p", number_text(p), "a number from 1 up, \"fro\" or \"inf\"");
  }
  const ReducedAxes over = axes_setting("norm", settings);
  if (p == 1 || std::isinf(p)) {
    return make_layer("norm", KinkedNorm{over, p != 1});
  }
  return make_layer("norm", Fold<PowerNorm>{over, {p}});
}

}  // namespace

Shape KinkedNorm::shape(const Shape& x) const {
  return largest ? over.shape_of_groups(x) : over.shape(x);
}

std::vector<Tie> KinkedNorm::ties(Inputs<double> x, Inputs<double> widths) const {
  const double* values = x[0]->data();
  const double* width = widths[0]->data();
  const Groups groups(shape_of(*x[0]), over.kept(shape_of(*x[0])));
  std::vector<Tie> found;
  for (std::size_t s = 0; !largest && s < groups.members.size(); ++s) {
    const std::size_t i = groups.members[s];
    if (std::abs(values[i]) <= width[i]) {
      found.push_back({s, {0, 1}, {{0, i}}});
    }
  }
  for (std::size_t g = 0; largest && g < groups.groups(); ++g) {
    const std::size_t best = groups.member(g, winner_of(groups, g, *x[0]));
    Tie tie{g, {}, {}};
    for (std::size_t m = 0; m < groups.count; ++m) {
      const std::size_t i = groups.member(g, m);
      if (std::abs(values[best]) - std::abs(values[i]) > width[i] + width[best]) {
        continue;
      }
      const auto piece = static_cast<std::int32_t>(2 * m);
      const bool zero = std::abs(values[i]) <= width[i];
      if (zero || std::signbit(values[i])) tie.pieces.push_back(piece);
      if (zero || !std::signbit(values[i])) tie.pieces.push_back(piece + 1);
      tie.entries.push_back({0, i});
    }
    if (tie.pieces.size() > 1) {
      found.push_back(std::move(tie));
    }
  }
  return found;
}

Shape Trace::shape(const Shape& x) const {
  if (x.size() < 2) {
    throw_shape("trace", "x", to_string(x), "(..., n, m)");
  }
  return {x.begin(), x.end() - 2};
}

void add_statistics_layers(LayerLibrary& library) {
  library.add(statistic("prod", {}, "y = Π x over the reduced axes",
                        "dx_j = dy Π_{k≠j} x_k over the group of x_j",
                        maker<EntryProduct>("prod")));
  library.add(statistic("var", {ddof_type},
                        "y = Σ (x − x̄)² / (n − ddof) over the n entries along the reduced axes, x̄ "
                        "their mean",
                        "dx = dy ⊙ 2 (x − x̄) / (n − ddof)", spread_maker<Variance>("var")));
  library.add(statistic("std", {ddof_type},
                        "y = √(Σ (x − x̄)² / (n − ddof)) over the n entries along the reduced axes, "
                        "x̄ their mean",
                        "dx = dy ⊙ (x − x̄) / ((n − ddof) y)",
                        spread_maker<StandardDeviation>("std")));
  library.add(statistic("logsumexp", {}, "y = ln Σ_k e^x_k over the reduced axes",
                        "dx = dy ⊙ e^(x − y)", maker<LogSumExp>("logsumexp")));
  LayerType norm = statistic("norm", {},
                             "y = (Σ |x|^p)^(1/p) over the reduced axes; √Σ x² for p=2, Σ |x| for "
                             "p=1, max |x| for p=\"inf\"",
                             "dx = dy ⊙ sign(x) (|x| / y)^(p−1); 0 where y = 0", make_norm);
  norm.settings.insert(
      norm.settings.begin(),
      {.name = "p", .kind = Kind::number, .default_value = 2.0, .words = {"fro", "inf"}});
  library.add(std::move(norm));
  library.add({.name = "trace",
               .group = "linear algebra",
               .tensors = {"x"},
               .formula = "y = Σ_i x[..., i, i]",
               .gradients = "dx = dy on the diagonal, 0 elsewhere",
               .shapes = "x (..., n, m), y (...)",
               .make = [](const Settings&) { return make_layer("trace", Trace{}); }});
}

}  // namespace gradcheck
