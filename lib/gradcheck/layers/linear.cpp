#include <algorithm>

#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/linear.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// The extent of a vector, a column or a row. Throws ShapeError for a matrix.
std::size_t vector_extent(std::string_view what, const Shape& shape) {
  if (std::ranges::count_if(shape, [](std::size_t extent) { return extent != 1; }) > 1) {
    throw_shape("outer", what, to_string(shape),
                "a vector; reshape it to one axis if all its entries are meant");
  }
  return entries_of(shape);
}

}  // namespace

/// A column times a row.
std::optional<Composition> Outer::composition(std::span<const Shape> x) const {
  Composer c(x);
  const Composer::Id column = c.reshaped(0, {entries_of(x[0]), 1});
  return c.done({c.call("matmul", {column, c.reshaped(1, {1, entries_of(x[1])})})});
}

std::optional<Composition> Matmul::composition(std::span<const Shape> x) const {
  constexpr std::size_t most = 256;
  const Shape &a = x[0], &b = x[1];
  const bool stacks = a.size() > 2 && a.size() == b.size() &&
                      std::equal(a.begin(), a.end() - 2, b.begin()) && entries_of(a) > 0;
  const std::size_t count = stacks ? entries_of(Shape(a.begin(), a.end() - 2)) : 0;
  if (count == 0 || count > most) {
    return std::nullopt;
  }
  Composer c(x);
  const auto stacked = [&](Composer::Id t) {
    const Shape& shape = c.shape(t);
    return c.reshaped(t, {count, shape[shape.size() - 2], shape.back()});
  };
  const Composer::Id left = stacked(0), right = stacked(1);
  std::vector<Composer::Id> products;
  for (std::size_t k = 0; k < count; ++k) {
    products.push_back(c.call("matmul", {c.matrix(left, k), c.matrix(right, k)}));
  }
  return c.done({c.reshaped(c.call("stack", products), shape(a, b))});
}

Shape Affine::shape(const Shape& x, const Shape& W, const Shape& b) const {
  if (x.empty()) {
    throw_shape("affine", "x", to_string(x), "(..., in)");
  }
  if (W.size() != 2 || W[0] != x.back()) {
    throw_shape("affine", "W", to_string(W),
                "(" + std::to_string(x.back()) + ", out), for x has shape " + to_string(x));
  }
  Shape wanted(std::max<std::size_t>(b.size(), 1), 1);
  wanted.back() = W[1];
  if (b != wanted || b.size() > x.size()) {
    throw_shape("affine", "b", to_string(b),
                "(" + std::to_string(W[1]) + ",), for W has shape " + to_string(W));
  }
  Shape y = x;
  y.back() = W[1];
  return y;
}

Shape Outer::shape(const Shape& a, const Shape& b) const {
  return {vector_extent("a", a), vector_extent("b", b)};
}

Shape Dot::shape(const Shape& a, const Shape& b) const {
  if (a.empty() || b.empty()) {
    throw_shape("dot", a.empty() ? "a" : "b", "()",
                "at least one axis; a number is multiplied with *");
  }
  if (b.size() > 2) {
    throw_shape("dot", "b", to_string(b),
                "a vector or a matrix; for stacks of matrices use matmul");
  }
  return matmul_shape("dot", a, b);
}

void add_linear_layers(LayerLibrary& library) {
  library.add({.name = "matmul",
               .group = "linear",
               .tensors = {"a", "b"},
               .formula = "y = a b, y[..., i, l] = Σ_j a[..., i, j] b[..., j, l]",
               .gradients = "da = dy bᵀ, db = aᵀ dy, summed over stretched leading axes",
               .shapes = "a (..., n, k), b (..., k, m), y (..., n, m); leading axes broadcast; "
                         "1-D: a row on the left, a column on the right (NumPy)",
               .make = [](const Settings&) { return make_layer("matmul", Matmul{}); }});
  library.add({.name = "affine",
               .group = "linear",
               .tensors = {"x", "W", "b"},
               .formula = "y = x W + b",
               .gradients = "dx = dy Wᵀ, dW = xᵀ dy, db = Σ_n dy[n]",
               .shapes = "x (N, in), W (in, out), b (out), y (N, out); x with any leading axes",
               .make = [](const Settings&) { return make_layer("affine", Affine{}); }});
  library.add({.name = "outer",
               .group = "linear",
               .tensors = {"a", "b"},
               .formula = "y = a bᵀ, y[i, j] = a[i] b[j]",
               .gradients = "da = dy b, db = dyᵀ a",
               .shapes = "a (n), b (m), y (n, m)",
               .make = [](const Settings&) { return make_layer("outer", Outer{}); }});
  library.add(
      {.name = "dot",
       .group = "linear",
       .tensors = {"a", "b"},
       .formula = "y = a b, y[..., l] = Σ_j a[..., j] b[j, l]",
       .gradients = "da = dy bᵀ, db = aᵀ dy",
       .shapes = "a (k), b (k), y (); a (n, k), b (k, m), y (n, m); a (..., k), b (k), y (...)",
       .make = [](const Settings&) { return make_layer("dot", Dot{}); }});
}

}  // namespace gradcheck
