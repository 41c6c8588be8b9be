#include <gradcheck/layers/region_losses.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

double from_zero(const char* where, const char* name, const Settings& settings) {
  const double value = number_setting(settings, name);
  if (!(value >= 0)) {
    throw_value(where, name, number_text(value), "a number from 0 up");
  }
  return value;
}

LayerPtr make_gaussian(const Settings& settings) {
  const double eps = number_setting(settings, "eps");
  if (!(eps > 0)) {
    throw_value("gaussian_nll", "eps", number_text(eps), "a positive number");
  }
  return make_layer("gaussian_nll", GaussianNll{boolean_setting(settings, "full"), eps,
                                                reduction_setting(settings)});
}

}  // namespace

Shape GaussianNll::shape(const Shape& x, const Shape& t, const Shape& var) const {
  require_same_shape("gaussian_nll", "t", t, "x", x);
  Shape one = x, without = x;
  if (!x.empty()) {
    one.back() = 1;
    without.pop_back();
  }
  if (var != x && var != one && var != without) {
    throw_shape("gaussian_nll", "var", to_string(var),
                to_string(x) + " or " + to_string(one) + ", for x has shape " + to_string(x));
  }
  if (reduction == Reduction::mean) {
    require_entries("gaussian_nll", "x", x);
  }
  return reduction == Reduction::none ? x : Shape{};
}

void GaussianNll::throw_negative(double value) {
  throw_value("gaussian_nll", "var", number_text(value), "no negative entry");
}

std::vector<Tie> GaussianNll::ties(Inputs<double> x, Inputs<double> widths) const {
  const std::size_t repeats = repeats_of(*x[0], *x[2]);
  std::vector<Tie> found;
  for (std::size_t i = 0; i < x[0]->size(); ++i) {
    const std::size_t j = i / repeats;
    if (std::abs(x[2]->data()[j] - eps) <= widths[2]->data()[j]) {
      found.push_back({i, {0, 1}, {{2, j}}});
    }
  }
  return found;
}

void add_region_losses(LayerLibrary& library) {
  library.add({.name = "dice",
               .group = "loss",
               .aliases = {"dice_loss"},
               .tensors = {"p", "t"},
               .settings = {{.name = "smooth", .kind = Kind::number, .default_value = 1.0}},
               .formula = "L = 1 − Q, Q = (2 Σ p t + s) / (Σ p + Σ t + s), s = smooth",
               .gradients = "dp = dL (Q − 2 t) / D, dt = dL (Q − 2 p) / D, D = Σ p + Σ t + s",
               .shapes = "p and t of one shape, L ()",
               .make = [](const Settings& settings) {
                 return make_layer("dice", Dice{from_zero("dice", "smooth", settings)});
               }});
  library.add(
      {.name = "gaussian_nll",
       .group = "loss",
       .aliases = {"gaussian_nll_loss"},
       .tensors = {"x", "t", "var"},
       .settings = {{.name = "full", .kind = Kind::boolean, .default_value = false},
                    {.name = "eps", .kind = Kind::number, .default_value = 1e-6},
                    reduction_type("mean")},
       .formula = "L = (1/n) Σ ½ (ln v + (x − t)² / v), v = max(var, eps); ½ ln 2π more for "
                  "full=true",
       .gradients = "dx = dL (x − t) / v / n, dt = −dx, dvar = dL ½ (1 − (x − t)² / v) / v "
                    "/ n, 0 where var < eps",
       .shapes = "x and t of one shape, var of that shape or with extent 1 (or nothing) for "
                 "its last axis, L (), or x's shape for \"none\"",
       .make = make_gaussian});
}

}  // namespace gradcheck
