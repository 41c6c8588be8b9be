#include <gradcheck/layers/classification.hpp>
#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/cross_entropy.hpp>

/// What losses over classes are made of: rows of classes, a loss for each, their sum.
namespace gradcheck {

namespace {

using Id = Composer::Id;

/// Scores or probabilities as rows of classes, which stand along axis 1, or 0 of a vector.
Id rows_of_classes(Composer& c, Id x) {
  const Shape shape = c.shape(x);
  if (shape.size() == 1) {
    return c.reshaped(x, {1, shape[0]});
  }
  std::vector<double> axes{0};
  for (std::size_t k = 2; k < shape.size(); ++k) {
    axes.push_back(static_cast<double>(k));
  }
  axes.push_back(1);
  const Id laid = shape.size() == 2 ? x : c.permuted(x, axes);
  return c.reshaped(laid, {entries_of(shape) / shape[1], shape[1]});
}

/// What a reduction makes of the losses of all rows, which are as many as `shape` has entries.
Id reduced_rows(Composer& c, Id losses, Reduction reduction, const Shape& shape) {
  return reduction == Reduction::mean  ? c.call("mean", {losses})
         : reduction == Reduction::sum ? c.call("sum", {losses})
                                       : c.reshaped(losses, shape);
}

/// Labels, one for each row, as rows of classes: 1 for the own class, else 0.
Id one_hot_rows(Composer& c, Id t, const Shape& rows) {
  const Id labels = c.reshaped(t, {rows[0]});
  return c.call("one_hot", {labels}, {{"num_classes", static_cast<double>(rows[1])}});
}

/// Of rows s, for all classes but the row's own: max(0, s_nj − s_n,own + margin).
Id margins(Composer& c, Id s, Id own_class, double margin) {
  const Id own = c.call("sum", {c.call("multiply", {s, own_class})},
                        {{"axis", std::vector<double>{1}}, {"keepdims", true}});
  const Id apart = c.call("add", {c.call("subtract", {s, own}), c.constant(margin)});
  const Id other_class = c.call("subtract", {c.constant(1.0), own_class});
  return c.call("multiply", {c.call("relu", {apart}), other_class});
}

/// By what ClassLoss divides its sum, from all that it reads.
struct ClassLossDivisor {
  static constexpr std::size_t arity = variadic;
  ClassLoss loss;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(std::span<const Shape>) const { return {}; }
  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    return scalar(loss.divisor_for(x));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, Inputs<Real> x, const TensorOf<Real>&) const {
    Tensors<Real> none;
    for (const TensorOf<Real>* each : x) {
      none.push_back(zeros<Real>(shape_of(*each)));
    }
    return none;
  }
};

}  // namespace

/// Where its own structure does not tell: the loss of each row and, for a mean whose divisor
/// depends on what the labels are, that divisor.
std::optional<Composition> ClassLoss::composition(std::span<const Shape> in) const {
  if (structure(in).kind != Structure::Kind::unknown || entries_of(in[0]) == 0) {
    return std::nullopt;
  }
  Composer c(in);
  const bool soft = in[1].size() == in[0].size();
  const Id x = rows_of_classes(c, 0);
  std::vector<Id> read{x, soft ? rows_of_classes(c, 1) : c.reshaped(1, {c.shape(x)[0]})};
  if (in.size() > 2) {
    read.push_back(2);
  }
  ClassLoss each = *this;
  each.reduction = Reduction::none;
  const Id losses = c.apply(make_layer(std::string(name), each), read);
  if (reduction != Reduction::mean || soft) {
    return c.done({reduced_rows(c, losses, reduction, rows_shape(in[0]))});
  }
  const Id by = c.apply(make_layer(std::string(name), ClassLossDivisor{*this}), read);
  return c.done({c.call("divide", {c.call("sum", {losses}), by})});
}

std::optional<Composition> MultiMargin::composition(std::span<const Shape> in) const {
  Composer c(in);
  const Id x = rows_of_classes(c, 0);
  const Shape rows = c.shape(x);
  Id terms = margins(c, x, one_hot_rows(c, 1, rows), margin);
  terms = squared ? c.call("square", {terms}) : terms;
  if (in.size() > 2) {
    const Id weights = c.reshaped(c.call("take", {2, 1}), {rows[0], 1});
    terms = c.call("multiply", {terms, weights});
  }
  const Id losses = c.call("mean", {terms}, {{"axis", std::vector<double>{1}}});
  return c.done({reduced_rows(c, losses, reduction, shape(in))});
}

std::optional<Composition> WeightedCrossEntropyWithLogits::composition(
    std::span<const Shape> in) const {
  if (reduction == Reduction::none) {
    return std::nullopt;
  }
  Composer c(in);
  const WeightedCrossEntropyWithLogits each{Reduction::none};
  const Id terms = c.apply(make_layer("binary_cross_entropy_with_logits", each), {0, 1, 2});
  return c.done({reduced_rows(c, terms, reduction, {})});
}

std::optional<Composition> MulticlassHinge::composition(std::span<const Shape> in) const {
  const Shape& s = in[0];
  if (entries_of(s) == 0) {
    return std::nullopt;
  }
  Composer c(in);
  const Shape rows{rows_of(s), s.back()};
  const Id own_class = in[1] == s ? c.reshaped(1, rows) : one_hot_rows(c, 1, rows);
  const Id each = margins(c, c.reshaped(0, rows), own_class, margin);
  const Id losses = c.call("sum", {each}, {{"axis", std::vector<double>{1}}});
  return c.done({reduced_rows(c, losses, reduction, row_axes(s))});
}

}  // namespace gradcheck
