#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/multi_head_attention.hpp>

/// What attention is made of: a product for each head, a softmax of rows, a product for each head.
namespace gradcheck {

namespace {

using Id = Composer::Id;

/// Beyond this many heads, over all samples together, attention is not taken apart.
constexpr std::size_t most_heads = 256;

/// The largest entry of each row that a mask leaves (0, where it leaves none), as a column. No
/// gradient flows through it: what is taken from a whole row changes no softmax.
struct HeldMaximum {
  static constexpr std::size_t arity = 2;

  bool differentiable(std::size_t) const { return false; }
  Shape shape(const Shape& x, const Shape&) const { return {x[0], 1}; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& mask) const {
    const std::size_t columns = x.shape()[1];
    TensorOf<Real> y = zeros<Real>({x.shape()[0], 1});
    for (std::size_t n = 0; n < y.size(); ++n) {
      bool any = false;
      for (std::size_t i = n * columns; i < (n + 1) * columns; ++i) {
        if (mask.data()[i] != 0) {
          y.data()[n] = any ? std::max(y.data()[n], x.data()[i]) : x.data()[i];
          any = true;
        }
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x, const TensorOf<Real>& mask,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)), zeros<Real>(shape_of(mask)));
  }
};

/// eˣ where a mask is not 0, else 0.
struct MaskedExp {
  static constexpr std::size_t arity = 2;

  bool differentiable(std::size_t slot) const { return slot == 0; }
  Shape shape(const Shape& x, const Shape&) const { return x; }
  Structure structure(std::span<const Shape>) const {
    return {.kind = Structure::Kind::elementwise};
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x, const TensorOf<Real>& mask) const {
    return map2(x, mask, [](Real v, Real m) { return m != 0 ? std::exp(v) : Real(0); });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>&,
                         const TensorOf<Real>& mask, const TensorOf<Real>& y) const {
    return pack<Real>(map2(dy, y, [](Real d, Real v) { return d * v; }),
                      zeros<Real>(shape_of(mask)));
  }
};

/// 1 for each row of a mask that leaves nothing, else 0, as a column.
Id rows_without_any(Composer& c, Id mask) {
  const Id open = c.call("sum", {c.call("not_equal", {mask, c.constant(0.0)})},
                         {{"axis", std::vector<double>{1}}, {"keepdims", true}});
  return c.call("equal", {open, c.constant(0.0)});
}

/// Softmax over the entries of each row that a mask leaves: those where it is not 0; 0 for the
/// others, and for rows of which it leaves nothing.
Id masked_softmax(Composer& c, Id x, Id mask) {
  const Id largest = c.apply(make_layer("max", HeldMaximum{}), {x, mask});
  const Id d = c.call("subtract", {x, largest});
  const Id exponentials = c.apply(make_layer("exp", MaskedExp{}), {d, mask});
  const Id sum =
      c.call("sum", {exponentials}, {{"axis", std::vector<double>{1}}, {"keepdims", true}});
  return c.call("divide", {exponentials, c.call("add", {sum, rows_without_any(c, mask)})});
}

/// x broadcast onto a shape, as rows of its last axis.
Id broadcast_rows(Composer& c, Id x, const Shape& shape) {
  const std::vector<std::size_t> positions = broadcast_positions(c.shape(x), shape);
  const Shape rows{positions.size() / shape.back(), shape.back()};
  return c.gathered(x, {positions.begin(), positions.end()}, rows);
}

/// 1 where query i may attend to key j ≤ i, for a stack of so many score matrices, as rows.
Id causal_rows(Composer& c, std::size_t stack, std::size_t queries, std::size_t keys) {
  Tensor mask = empty<double>({stack * queries, keys});
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask.data()[i] = i % keys > i / keys % queries ? 0 : 1;
  }
  return c.constant(std::move(mask));
}

/// What is done to the scores before the softmax: rows (B · L, S), or none.
struct ScoreMasks {
  Id open = Composer::none;   ///< 1 where attention may go
  Id added = Composer::none;  ///< added to the scores
};

/// Attention of stacks q (B, L, E), k (B, S, E) and v (B, S, F): (B, L, F).
Id composed_attention(Composer& c, Id q, Id k, Id v, double scale, const ScoreMasks& masks) {
  const std::size_t stack = c.shape(q)[0], queries = c.shape(q)[1];
  std::vector<Id> scores;
  for (std::size_t b = 0; b < stack; ++b) {
    scores.push_back(c.through(c.matrix(q, b), c.matrix(k, b), Composer::none));
  }
  Id rows = c.call("multiply", {c.call("concat", scores, {{"axis", 0.0}}), c.constant(scale)});
  rows = masks.added == Composer::none ? rows : c.call("add", {rows, masks.added});
  const Id P = masks.open == Composer::none ? c.call("softmax", {rows})
                                            : masked_softmax(c, rows, masks.open);
  std::vector<Id> shown;
  for (std::size_t b = 0; b < stack; ++b) {
    shown.push_back(c.call("matmul", {c.part(P, 0, b * queries, queries), c.matrix(v, b)}));
  }
  return c.call("stack", shown);
}

/// The tensor as a stack of its last two axes.
Id stacked(Composer& c, Id x) {
  const Shape& shape = c.shape(x);
  const std::size_t rows = shape[shape.size() - 2], columns = shape.back();
  return c.reshaped(x, {entries_of(shape) / rows / columns, rows, columns});
}

/// Both masks, where there are two.
Id joint(Composer& c, Id a, Id b) {
  return a == Composer::none ? b : b == Composer::none ? a : c.call("multiply", {a, b});
}

/// 1 − mask: from where attention may not go to where it may.
Id opposite(Composer& c, Id mask) { return c.call("subtract", {c.constant(1.0), mask}); }

bool same_leading_axes(const Shape& a, const Shape& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end() - 2, b.begin());
}

}  // namespace

std::optional<Composition> ScaledDotProductAttention::composition(std::span<const Shape> in) const {
  const Shape& q = in[0];
  if (!same_leading_axes(q, in[1]) || !same_leading_axes(q, in[2]) || entries_of(shape(in)) == 0 ||
      entries_of(q) / q.back() / q[q.size() - 2] > most_heads) {
    return std::nullopt;
  }
  Composer c(in);
  const Id stack = stacked(c, 0);
  Shape scores = q;
  scores.back() = in[1][in[1].size() - 2];
  ScoreMasks masks;
  if (mask != MaskKind::none) {
    const Id rows = broadcast_rows(c, 3, scores);
    (mask == MaskKind::additive ? masks.added : masks.open) = rows;
  }
  if (causal) {
    const Id past = causal_rows(c, c.shape(stack)[0], c.shape(stack)[1], scores.back());
    masks.open = joint(c, masks.open, past);
  }
  const double by = scale ? *scale : 1 / std::sqrt(static_cast<double>(q.back()));
  const Id y = composed_attention(c, stack, stacked(c, 1), stacked(c, 2), by, masks);
  return c.done({c.reshaped(y, shape(in))});
}

std::optional<Composition> MultiHeadAttention::composition(std::span<const Shape> in) const {
  const Shape& query = in[0];
  const std::size_t features = query.back();
  const bool batched = query.size() == 3;
  const bool rows_first = batched && batch_first;
  const std::size_t samples = batched ? query[rows_first ? 0 : 1] : 1;
  if (entries_of(query) == 0 || entries_of(in[1]) == 0 || samples * heads > most_heads) {
    return std::nullopt;
  }
  Composer c(in);
  const std::size_t size = features / heads;
  const auto length = [&](std::size_t p) { return entries_of(in[p]) / samples / features; };
  const std::vector<double> of_rows{0, 2, 1, 3}, of_lengths{1, 2, 0, 3};
  const auto split = [&](Id p) {
    const Id x = c.reshaped(p, {samples * length(p), features});
    const Id b = in_bias ? c.part(5, 0, p * features, features) : Composer::none;
    const Id projected = c.through(x, c.part(3, 0, p * features, features), b);
    const Shape cut = rows_first ? Shape{samples, length(p), heads, size}
                                 : Shape{length(p), samples, heads, size};
    const Id turned = c.permuted(c.reshaped(projected, cut), rows_first ? of_rows : of_lengths);
    return c.reshaped(turned, {samples * heads, length(p), size});
  };
  ScoreMasks masks;
  const Shape scores{samples, heads, length(0), length(1)};
  if (mask != MaskKind::none) {
    const Shape& given = in[mask_slot()];
    const Id laid = given.size() == 2 ? mask_slot() : c.reshaped(mask_slot(), scores);
    const Id rows = broadcast_rows(c, laid, scores);
    mask == MaskKind::additive ? masks.added = rows : masks.open = opposite(c, rows);
  }
  if (key_padding) {
    const Id laid = c.reshaped(padding_slot(), {samples, 1, 1, length(1)});
    masks.open = joint(c, masks.open, opposite(c, broadcast_rows(c, laid, scores)));
  }
  if (causal) {
    masks.open = joint(c, masks.open, causal_rows(c, samples * heads, length(0), length(1)));
  }
  const double by = 1 / std::sqrt(static_cast<double>(size));
  const Id q = split(0), k = split(1), v = split(2);
  const Id shown =
      c.reshaped(composed_attention(c, q, k, v, by, masks), {samples, heads, length(0), size});
  const Id joined = c.permuted(shown, rows_first ? of_rows : std::vector<double>{2, 0, 1, 3});
  const Id rows = c.reshaped(joined, {samples * length(0), features});
  const Id y = c.through(rows, 4, out_bias ? mask_slot() - 1 : Composer::none);
  return c.done({c.reshaped(y, query)});
}

}  // namespace gradcheck
