#include <gradcheck/layers/cross_entropy.hpp>
#include <gradcheck/layers/targets.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

/// PyTorch's: no class has this label.
constexpr double default_ignore_index = -100;

LayerPtr make_cross_entropy(const Settings& settings) {
  const double smoothing = number_setting(settings, "label_smoothing");
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw_value("cross_entropy", "label_smoothing", number_text(smoothing), "a number from 0 to 1");
  }
  return make_layer("cross_entropy",
                    ClassLoss{"cross_entropy", true, reduction_setting(settings),
                              integer_setting(settings, "ignore_index"), smoothing});
}

LayerPtr make_multi_margin(const Settings& settings) {
  const long long p = integer_setting(settings, "p");
  if (p != 1 && p != 2) {
    throw_value("multi_margin", "p", std::to_string(p), "1 or 2");
  }
  return make_layer("multi_margin", MultiMargin{p == 2, number_setting(settings, "margin"),
                                                reduction_setting(settings)});
}

void require_weight(std::string_view where, std::span<const Shape> x, std::size_t classes) {
  if (x.size() > 2 && x[2] != Shape{classes}) {
    throw_shape(where, "weight", to_string(x[2]),
                "(" + std::to_string(classes) + ",), a number for each class");
  }
}

SettingType ignore_type() {
  return {.name = "ignore_index", .kind = Kind::integer, .default_value = default_ignore_index};
}

}  // namespace

Shape ClassLoss::rows_shape(const Shape& x) {
  Shape rows = x;
  rows.erase(rows.begin() + (x.size() == 1 ? 0 : 1));
  return rows;
}

Shape ClassLoss::shape(std::span<const Shape> x) const {
  if (x[0].empty()) {
    throw_shape(name, "x", to_string(x[0]), "(N, C, ...), or (C,) for one row");
  }
  const std::size_t classes = x[0][x[0].size() == 1 ? 0 : 1];
  const Shape rows = rows_shape(x[0]);
  if (classes == 0 || (reduction == Reduction::mean && entries_of(x[0]) == 0)) {
    throw_shape(name, "x", to_string(x[0]), "at least one entry");
  }
  if (x[1] != rows && !(softmax && x[1] == x[0])) {
    throw_shape(name, "t", to_string(x[1]),
                to_string(rows) + " of class indices" +
                    (softmax ? " or " + to_string(x[0]) + " of probabilities" : "") +
                    ", for x has shape " + to_string(x[0]));
  }
  require_weight(name, x, classes);
  return reduction == Reduction::none ? rows : Shape{};
}

/// Declared where a row of x is one along its last axis, and what the sum is divided by is known:
/// as many as there are rows, if no label is ignored.
Structure ClassLoss::structure(std::span<const Shape> x) const {
  if (reduction == Reduction::none && x[0].size() == 2) {
    std::vector<bool> rows{true, true};
    rows.resize(x.size(), false);
    return {.kind = Structure::Kind::by_rows, .rows = rows, .kept = Shape{x[0][0], 1}};
  }
  const bool soft = x[1].size() == x[0].size();
  const bool known = reduction == Reduction::sum || soft ||
                     (x.size() == 2 && static_cast<double>(ignore_index) == default_ignore_index);
  if (x[0].size() > 2 || reduction == Reduction::none || !known) {
    return {};
  }
  return {.kind = Structure::Kind::row_terms, .divisor = divisor<double>(reduction, rows_of(x[0]))};
}

void ClassLoss::change_terms(Inputs<double> x, std::span<const std::uint32_t> entries,
                             const Tensor& moved, std::span<double> changes) const {
  const Lanes lanes = lanes_of(*x[0]);
  const LogSumExps<double> sums(*x[0], lanes.extent);
  std::vector<double> k, others;
  std::size_t row = lanes.count();
  for (std::size_t l = 0; l < entries.size(); ++l) {
    const std::size_t i = entries[l], n = i / lanes.extent, c = i % lanes.extent;
    if (row != n) {
      k = coefficients(x, lanes, n);
      others = sums_of_others<double>(k);
      row = n;
    }
    const double z = x[0]->data()[i], delta = moved.data()[l] - z;
    changes[l] = softmax ? sums.lone_change(n, c, z, delta).of_cross_entropy(k[c], others[c])
                         : -k[c] * delta;
  }
}

template <class Real>
std::size_t ClassLoss::label(Inputs<Real> x, std::size_t classes, std::size_t n) const {
  return x[1]->data()[n] == Real(ignore_index) ? none : label_at(name, *x[1], n, classes);
}

template <class Real>
Real ClassLoss::divisor_for(Inputs<Real> x) const {
  const Lanes lanes = lanes_of(*x[0]);
  if (reduction != Reduction::mean || !labelled(x)) {
    return reduction == Reduction::mean ? Real(lanes.count()) : Real(1);
  }
  AccurateSum<Real> counted;
  bool any = false;
  for (std::size_t n = 0; n < lanes.count(); ++n) {
    const std::size_t t = label(x, lanes.extent, n);
    counted.add(t == none ? Real(0) : weight_of(x, t));
    any = any || t != none;
  }
  if (!any) {
    throw_value(name, "t", "every label equal to ignore_index",
                "one at least that counts, for a mean is asked for");
  }
  return counted.value();
}

template std::size_t ClassLoss::label(Inputs<double>, std::size_t, std::size_t) const;
template std::size_t ClassLoss::label(Inputs<long double>, std::size_t, std::size_t) const;
template double ClassLoss::divisor_for(Inputs<double>) const;
template long double ClassLoss::divisor_for(Inputs<long double>) const;

Shape MultiMargin::shape(std::span<const Shape> x) const {
  if (x[0].empty() || x[0].size() > 2) {
    throw_shape("multi_margin", "x", to_string(x[0]), "(N, C), or (C,) for one row");
  }
  require_entries("multi_margin", "x", x[0]);
  const Shape rows(x[0].begin(), x[0].end() - 1);
  if (x[1] != rows) {
    throw_shape("multi_margin", "t", to_string(x[1]),
                to_string(rows) + " of class indices, for x has shape " + to_string(x[0]));
  }
  require_weight("multi_margin", x, x[0].back());
  return reduction == Reduction::none ? rows : Shape{};
}

template <class Real>
std::size_t MultiMargin::label(Inputs<Real> x, std::size_t n) const {
  return label_at("multi_margin", *x[1], n, x[0]->shape().back());
}

template std::size_t MultiMargin::label(Inputs<double>, std::size_t) const;
template std::size_t MultiMargin::label(Inputs<long double>, std::size_t) const;

std::vector<Tie> MultiMargin::ties(Inputs<double> x, Inputs<double> widths) const {
  const std::size_t classes = x[0]->shape().back();
  std::vector<Tie> found;
  for (std::size_t i = 0; !squared && i < x[0]->size(); ++i) {
    const std::size_t own = i / classes * classes + label(x, i / classes);
    const double width = widths[0]->data()[i] + widths[0]->data()[own];
    if (i != own && std::abs(margin_at(x, i)) <= width) {
      found.push_back({i, {0, 1}, {{0, i}, {0, own}}});
    }
  }
  return found;
}

void add_class_losses(LayerLibrary& library) {
  library.add(
      {.name = "cross_entropy",
       .group = "loss",
       .tensors = {"x", "t"},
       .optional_tensors = {"weight"},
       .settings = {ignore_type(),
                    reduction_type("mean"),
                    {.name = "label_smoothing", .kind = Kind::number, .default_value = 0.0}},
       .formula = "L = Σ_n −Σ_c k_nc ln softmax(x_n)_c / d; for class indices k_nc = w_c "
                  "((1 − s) [c = t_n] + s/C), d = Σ_n w_t_n over the rows that are not "
                  "ignored; for probabilities k_nc = w_c ((1 − s) t_nc + s/C), d = N; w = "
                  "weight, s = label_smoothing",
       .gradients = "dx_nc = dL (softmax(x_n)_c Σ_j k_nj − k_nc) / d; t and weight are held "
                    "constant",
       .shapes = "x (N, C, ...) or (C), t (N, ...) class indices or x's shape, weight (C), "
                 "L (), or (N, ...) for \"none\"",
       .make = make_cross_entropy});
  library.add({.name = "nll_loss",
               .group = "loss",
               .aliases = {"nll"},
               .tensors = {"x", "t"},
               .optional_tensors = {"weight"},
               .settings = {ignore_type(), reduction_type("mean")},
               .formula = "L = Σ_n −w_t_n x_n,t_n / d, d = Σ_n w_t_n over the rows that are not "
                          "ignored; x are logarithms of probabilities, w = weight",
               .gradients = "dx_n,t_n = −dL w_t_n / d; t and weight are held constant",
               .shapes = "x (N, C, ...) or (C), t (N, ...) class indices, weight (C), L (), or "
                         "(N, ...) for \"none\"",
               .make = [](const Settings& settings) {
                 return make_layer("nll_loss",
                                   ClassLoss{"nll_loss", false, reduction_setting(settings),
                                             integer_setting(settings, "ignore_index")});
               }});
  library.add(
      {.name = "multi_margin",
       .group = "loss",
       .aliases = {"multi_margin_loss"},
       .tensors = {"x", "t"},
       .optional_tensors = {"weight"},
       .settings = {{.name = "p", .kind = Kind::integer, .default_value = 1.0},
                    {.name = "margin", .kind = Kind::number, .default_value = 1.0},
                    reduction_type("mean")},
       .formula = "L = (1/N) Σ_n (1/C) Σ_{j≠t_n} w_t_n max(0, margin − x_n,t_n + x_nj)^p",
       .gradients = "w_t_n p g^(p−1) / (C N) to x_nj and its negative to x_n,t_n for each g "
                    "= margin − x_n,t_n + x_nj > 0; t and weight are held constant",
       .shapes = "x (N, C) or (C), t (N) class indices, weight (C), L (), or (N) for \"none\"",
       .order = {"x", "t", "p", "margin", "weight"},
       .make = make_multi_margin});
}

}  // namespace gradcheck
