#include <limits>

#include <gradcheck/layers/classification.hpp>
#include <gradcheck/layers/regression.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

constexpr const char* class_targets = "(N, C), t (N) class indices or (N, C) ";

template <class Kernel>
LayerType binary(const char* name, const char* scores, const char* formula, const char* gradients) {
  return {.name = name,
          .group = "loss",
          .tensors = {scores, "t"},
          .settings = {reduction_type("mean")},
          .formula = formula,
          .gradients = gradients,
          .shapes =
              std::string(scores) + " and t of exactly one shape, L (), or that shape for \"none\"",
          .make = [name](const Settings& settings) {
            return make_layer(name, Kernel{reduction_setting(settings)});
          }};
}

}  // namespace

Shape SoftmaxCrossEntropy::shape(const Shape& z, const Shape& t) const {
  require_targets("softmax_cross_entropy", "z", z, t, "probabilities");
  return reduction == Reduction::none ? row_axes(z) : Shape{};
}

void SoftmaxCrossEntropy::change_terms(const Tensor& z, const Tensor& t,
                                       std::span<const std::uint32_t> entries, const Tensor& moved,
                                       std::span<double> changes) const {
  const std::size_t classes = z.shape().back();
  const LogSumExps<double> sums(z, classes);
  const bool labels = t.shape() != z.shape();
  std::vector<double> others;
  std::size_t row_of_others = z.size();
  for (std::size_t l = 0; l < entries.size(); ++l) {
    const std::size_t i = entries[l], n = i / classes;
    const auto change =
        sums.lone_change(n, i % classes, z.data()[i], moved.data()[l] - z.data()[i]);
    if (labels) {
      const bool right = i % classes == static_cast<std::size_t>(t.data()[n]);
      changes[l] = right ? change.less_entry : change.sum;
      continue;
    }
    if (row_of_others != n) {
      others = sums_of_others<double>(gradcheck::entries(t).subspan(n * classes, classes));
      row_of_others = n;
    }
    changes[l] = change.of_cross_entropy(t.data()[i], others[i % classes]);
  }
}

/// The terms of the rows, where there is more than one, are a fold of each row.
Structure SoftmaxCrossEntropy::structure(std::span<const Shape> x) const {
  if (reduction != Reduction::none || x[0].size() < 2) {
    return row_terms_structure(reduction, rows_of(x[0]));
  }
  Shape kept = x[0];
  kept.back() = 1;
  return {.kind = Structure::Kind::by_rows, .rows = {true, true}, .kept = kept};
}

Shape BinaryCrossEntropy::shape(const Shape& p, const Shape& t) const {
  require_same_shape("binary_cross_entropy", "t", t, "p", p);
  require_entries("binary_cross_entropy", "p", p);
  return reduction == Reduction::none ? p : Shape{};
}

Shape BinaryCrossEntropyWithLogits::shape(const Shape& z, const Shape& t) const {
  require_same_shape("binary_cross_entropy_with_logits", "t", t, "z", z);
  require_entries("binary_cross_entropy_with_logits", "z", z);
  return reduction == Reduction::none ? z : Shape{};
}

Shape WeightedCrossEntropyWithLogits::shape(const Shape& z, const Shape& t, const Shape& q) const {
  constexpr const char* name = "binary_cross_entropy_with_logits";
  if (broadcast_shapes(name, z, q) != z) {
    throw_shape(name, "pos_weight", to_string(q), "one that broadcasts to " + to_string(z));
  }
  return BinaryCrossEntropyWithLogits{reduction}.shape(z, t);
}

Shape MulticlassHinge::shape(const Shape& s, const Shape& t) const {
  require_targets("multiclass_hinge", "s", s, t, "one-hot rows");
  return reduction == Reduction::none ? row_axes(s) : Shape{};
}

std::vector<Tie> MulticlassHinge::ties(Inputs<double> x, Inputs<double> widths) const {
  const Tensor& s = *x[0];
  const std::size_t classes = s.shape().back();
  const std::vector<std::size_t> label = class_labels("multiclass_hinge", shape_of(s), *x[1]);
  std::vector<Tie> found;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const std::size_t right = i / classes * classes + label[i / classes];
    // Decimal scores exactly one margin apart are rounded themselves, and so is their difference.
    const double rounding = std::numeric_limits<double>::epsilon() *
                            (std::abs(s.data()[i]) + std::abs(s.data()[right]));
    const double width = widths[0]->data()[i] + widths[0]->data()[right] + rounding;
    if (i != right && std::abs(margin_at(s, label, i)) <= width) {
      found.push_back({i, {0, 1}, {{0, i}, {0, right}}});
    }
  }
  return found;
}

void add_classification_losses(LayerLibrary& library) {
  library.add({.name = "softmax_cross_entropy",
               .group = "loss",
               .tensors = {"z", "t"},
               .settings = {reduction_type("mean")},
               .formula = "L = (1/N) Σ_n Σ_j −t_nj ln softmax(z_n)_j; without 1/N for \"sum\"",
               .gradients = "dz = dL (softmax(z) Σ_j t_nj − t) / N; t is held constant",
               .shapes = std::string("z ") + class_targets +
                         "one-hot or probabilities, L (), or (N) for \"none\"",
               .make = [](const Settings& settings) {
                 return make_layer("softmax_cross_entropy",
                                   SoftmaxCrossEntropy{reduction_setting(settings)});
               }});
  library.add(binary<BinaryCrossEntropy>(
      "binary_cross_entropy", "p",
      "L = (1/n) Σ −(t ln p + (1 − t) ln(1 − p)) over n entries; Σ alone for \"sum\", "
      "the terms for \"none\"",
      "dp = dL (p − t) / (p (1 − p) n), dt = dL ln((1 − p) / p) / n"));
  LayerType with_logits = binary<BinaryCrossEntropyWithLogits>(
      "binary_cross_entropy_with_logits", "z",
      "L = (1/n) Σ −(q t ln σ(z) + (1 − t) ln σ(−z)) over n entries, q = pos_weight (1 without "
      "it); "
      "Σ alone for \"sum\", "
      "the terms for \"none\"",
      "dz = dL ((1 − t) σ(z) − q t σ(−z)) / n, dt = dL ((q − 1) ln(1 + e^−z) − z) / n; pos_weight "
      "is held constant");
  with_logits.optional_tensors = {"pos_weight"};
  with_logits.make = [](const Settings& settings) {
    const Reduction reduction = reduction_setting(settings);
    const std::string name = "binary_cross_entropy_with_logits";
    return given(settings, "pos_weight")
               ? make_layer(name, WeightedCrossEntropyWithLogits{reduction})
               : make_layer(name, BinaryCrossEntropyWithLogits{reduction});
  };
  with_logits.order = {"z", "t", "reduction", "pos_weight"};
  with_logits.shapes =
      "z and t of exactly one shape, pos_weight broadcasts to it, L (), or that shape for \"none\"";
  library.add(std::move(with_logits));
  library.add(
      {.name = "multiclass_hinge",
       .group = "loss",
       .tensors = {"s", "t"},
       .settings = {{.name = "margin", .kind = SettingType::Kind::number, .default_value = 1.0},
                    reduction_type("mean")},
       .formula =
           "L = (1/N) Σ_n Σ_{j≠t_n} max(0, s_nj − s_n,t_n + margin); without 1/N for \"sum\"",
       .gradients = "ds_nj = dL/N where its margin is above 0, ds_n,t_n = −dL/N · (how many are); "
                    "t is held constant",
       .shapes = std::string("s ") + class_targets + "one-hot, L (), or (N) for \"none\"",
       .make = [](const Settings& settings) {
         return make_layer("multiclass_hinge", MulticlassHinge{number_setting(settings, "margin"),
                                                               reduction_setting(settings)});
       }});
}

}  // namespace gradcheck
