#include <gradcheck/layers/metric_losses.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

double largest(const Tensor& widths, std::size_t n, std::size_t row) {
  double width = 0;
  for (std::size_t i = n * row; i < (n + 1) * row; ++i) {
    width = std::max(width, widths.data()[i]);
  }
  return width;
}

/// The entries of row n of the first two or three inputs.
std::vector<InputEntry> row_entries(std::size_t inputs, std::size_t n, std::size_t row) {
  std::vector<InputEntry> entries;
  for (std::size_t slot = 0; slot < inputs; ++slot) {
    for (std::size_t i = n * row; i < (n + 1) * row; ++i) {
      entries.push_back({slot, i});
    }
  }
  return entries;
}

LayerPtr make_triplet(const Settings& settings) {
  const double p = number_setting(settings, "p");
  if (!(p >= 1)) {
    throw_value("triplet_margin", "p", number_text(p), "a number from 1 up");
  }
  return make_layer(
      "triplet_margin",
      TripletMargin{number_setting(settings, "margin"), p, number_setting(settings, "eps"),
                    boolean_setting(settings, "swap"), reduction_setting(settings)});
}

LayerPtr make_similarity(const Settings& settings) {
  const double eps = number_setting(settings, "eps");
  if (!(eps >= 0)) {
    throw_value("cosine_similarity", "eps", number_text(eps), "a number from 0 up");
  }
  return make_layer("cosine_similarity", CosineSimilarity{integer_setting(settings, "axis"), eps});
}

void require_rows(const char* where, const Shape& a) {
  if (a.empty() || a.size() > 2 || a.back() == 0) {
    throw_shape(where, "a", to_string(a), "(N, D), or (D,) for one row");
  }
}

}  // namespace

Shape CosineSimilarity::shape(const Shape& a, const Shape& b) const {
  require_same_shape("cosine_similarity", "b", b, "a", a);
  Shape y = a;
  y.erase(y.begin() + static_cast<std::ptrdiff_t>(axis_of("cosine_similarity", axis, a.size())));
  return y;
}

Shape CosineEmbedding::shape(const Shape& a, const Shape& b, const Shape& t) const {
  require_rows("cosine_embedding", a);
  require_same_shape("cosine_embedding", "b", b, "a", a);
  const Shape rows(a.begin(), a.end() - 1);
  if (t != rows) {
    throw_shape("cosine_embedding", "t", to_string(t),
                to_string(rows) + " of 1 and -1, for a has shape " + to_string(a));
  }
  if (reduction == Reduction::mean) {
    require_entries("cosine_embedding", "a", a);
  }
  return reduction == Reduction::none ? rows : Shape{};
}

void CosineEmbedding::require_sign(const Shape& t, std::size_t n, double value) {
  if (value != 1 && value != -1) {
    throw_value("cosine_embedding", "t" + index_text(t, n), number_text(value), "1 or -1");
  }
}

std::vector<Tie> CosineEmbedding::ties(Inputs<double> x, Inputs<double> widths) const {
  const std::size_t row = x[0]->shape().back();
  std::vector<Tie> found;
  for (std::size_t n = 0; n < x[2]->size(); ++n) {
    const Cosine<double> c = cosine(*x[0], *x[1], n);
    double moved = 0;
    for (std::size_t k = 0; k < row; ++k) {
      moved += std::abs(c.da[k]) * widths[0]->data()[n * row + k] +
               std::abs(c.db[k]) * widths[1]->data()[n * row + k];
    }
    if (x[2]->data()[n] != 1 && std::abs(c.value - margin) <= moved) {
      found.push_back({n, {0, 1}, row_entries(2, n, row)});
    }
  }
  return found;
}

Shape TripletMargin::shape(const Shape& anchor, const Shape& positive,
                           const Shape& negative) const {
  require_rows("triplet_margin", anchor);
  require_same_shape("triplet_margin", "positive", positive, "anchor", anchor);
  require_same_shape("triplet_margin", "negative", negative, "anchor", anchor);
  if (reduction == Reduction::mean) {
    require_entries("triplet_margin", "anchor", anchor);
  }
  return reduction == Reduction::none ? Shape(anchor.begin(), anchor.end() - 1) : Shape{};
}

std::vector<Tie> TripletMargin::ties(Inputs<double> x, Inputs<double> widths) const {
  const std::size_t row = x[0]->shape().back();
  std::vector<Tie> found;
  for (std::size_t n = 0; n < x[0]->size() / row; ++n) {
    double width = 0;  // a distance moves by Σ |v| at most
    for (std::size_t slot = 0; slot < 3; ++slot) {
      width += 2 * static_cast<double>(row) * largest(*widths[slot], n, row);
    }
    const double to_a = distance(*x[0], *x[2], n);
    const double to_b = swap ? distance(*x[1], *x[2], n) : to_a;
    const double term = distance(*x[0], *x[1], n) - std::min(to_a, to_b) + margin;
    const bool both = swap && std::abs(to_a - to_b) <= width;
    Branches pieces;
    if (term <= width) pieces.push_back(0);
    if (term >= -width && (to_a <= to_b || both)) pieces.push_back(1);
    if (term >= -width && (to_b < to_a || both)) pieces.push_back(2);
    if (pieces.size() > 1) {
      found.push_back({n, pieces, row_entries(3, n, row)});
    }
  }
  return found;
}

void add_metric_losses(LayerLibrary& library) {
  library.add({.name = "cosine_similarity",
               .group = "loss",
               .tensors = {"a", "b"},
               .settings = {{.name = "axis", .kind = Kind::integer, .default_value = 1.0},
                            {.name = "eps", .kind = Kind::number, .default_value = 1e-8}},
               .formula = "y = a·b / (max(|a|, eps) max(|b|, eps)) along `axis`",
               .gradients = "da = dy (b / (|a| |b|) − y a / |a|²), and so for b",
               .shapes = "a and b of one shape, y without the axis",
               .make = make_similarity});
  library.add({.name = "cosine_embedding",
               .group = "loss",
               .aliases = {"cosine_embedding_loss"},
               .tensors = {"a", "b", "t"},
               .settings = {{.name = "margin", .kind = Kind::number, .default_value = 0.0},
                            reduction_type("mean")},
               .formula = "L = (1/N) Σ_n l_n, l = 1 − c where t = 1, max(0, c − margin) where t = "
                          "−1, c = a·b / √((Σ a² + 1e-12)(Σ b² + 1e-12))",
               .gradients = "da = −dL ∂c/∂a / N where t = 1, dL ∂c/∂a / N where t = −1 and c > "
                            "margin, else 0; t is held constant",
               .shapes = "a and b (N, D) or (D), t (N) of 1 and −1, L (), or (N) for \"none\"",
               .make = [](const Settings& settings) {
                 return make_layer("cosine_embedding",
                                   CosineEmbedding{number_setting(settings, "margin"),
                                                   reduction_setting(settings)});
               }});
  library.add({.name = "triplet_margin",
               .group = "loss",
               .aliases = {"triplet_margin_loss"},
               .tensors = {"anchor", "positive", "negative"},
               .settings = {{.name = "margin", .kind = Kind::number, .default_value = 1.0},
                            {.name = "p", .kind = Kind::number, .default_value = 2.0},
                            {.name = "eps", .kind = Kind::number, .default_value = 1e-6},
                            {.name = "swap", .kind = Kind::boolean, .default_value = false},
                            reduction_type("mean")},
               .formula = "L = (1/N) Σ_n max(0, |a − p| − |a − n| + margin), |v| = (Σ |v + eps|^p)"
                          "^(1/p); for swap=true the smaller of |a − n| and |p − n|",
               .gradients = "of each active term ∂|v|/∂v = sign(v + eps) (|v + eps| / |v|)^(p−1), "
                            "and its negative, to what v is the difference of",
               .shapes = "anchor, positive and negative (N, D) or (D), L (), or (N) for \"none\"",
               .make = make_triplet});
}

}  // namespace gradcheck
