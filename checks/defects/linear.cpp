#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

std::vector<Specimen> products() {
  const Given u = fixed(both_signs("u", {3, 4}));
  return {
      {"matmul",
       "clean",
       "L = sum(u * (x @ W))",
       {normal("x", {3, 5}), normal("W", {5, 4}), u},
       {{"transpose", {"matmul"}, transposed(1)},
        {"transpose", {"matmul"}, transposed(0), false, "left"},
        {"missing batch sum", {"matmul"}, last_row_only(1)},
        {"averaged over batch", {"matmul"}, averaged_over_rows(1)},
        {"one entry only", {"matmul"}, scaled_entry(13, 1 + 1e-6, 1)},
        {"stale", {"matmul"}, stale(0)},
        {"clipped upstream", {"matmul"}, upstream_clipped(1)}},
       {}},
      {"matmul of batches",
       "clean",
       "L = sum(square(x @ W))",
       {normal("x", {2, 3, 5}), normal("W", {5, 4})},
       {{"missing batch sum", {"matmul"}, last_row_only(1)},
        {"transpose", {"matmul"}, transposed(0)},
        {"float32 inside", {"matmul"}, float32(1)}},
       {}},
      {"matmul, row and column",
       "clean",
       "h = W @ a; L = sum(u * (h @ V))",
       {normal("W", {4, 3}), normal("a", {3}), normal("V", {4, 5}), fixed(both_signs("u", {5}))},
       {{"scale", {"matmul", 0}, scaled(2, 0)}, {"stale", {"matmul", 1}, stale(0)}},
       {}},
      {"outer",
       "clean",
       "L = sum(u * outer(a, b))",
       {normal("a", {3}), normal("b", {4}), u},
       {{"sign", {"outer"}, negated(1)},
        {"stale", {"outer"}, stale(0)},
        {"scale", {"outer"}, averaged_over_rows(0)}},
       {}},
      {"dot",
       "clean",
       "L = dot(a, b) * dot(a, c)",
       {normal("a", {7}), normal("b", {7}), normal("c", {7})},
       {{"wrong argument", {"dot", 0}, swapped()},
        {"missing fan-out", {"dot", 1}, dropped(0)},
        {"one entry only", {"dot", 1}, scaled_entry(6, 1 + 1e-6, 1)}},
       {}},
  };
}

std::vector<Specimen> affine_maps() {
  const std::vector<Given> given = {normal("x", {5, 3}), normal("W", {3, 4}), normal("b", {4}),
                                    fixed(normal("t", {5, 4}))};
  return {
      {"affine",
       "clean",
       "L = half_squared_error(affine(x, W, b), t)",
       given,
       {{"missing batch sum", {"affine"}, last_row_only(2)},
        {"missing batch sum", {"affine"}, last_row_only(1), false, "weight"},
        {"averaged over batch", {"affine"}, averaged_over_rows(2)},
        {"transpose", {"affine"}, transposed(1)},
        {"sign", {"affine"}, negated(2)},
        {"ignored upstream", {"affine"}, upstream_ignored()},
        {"zero", {"affine"}, dropped(2)},
        {"never written", {"affine"}, never_written(11, 1)},
        {"one entry only", {"affine"}, scaled_entry(7, 1.001, 1)},
        {"relative 1e-6", {"affine"}, scaled_entry(2, 1 + 1e-6, 2)},
        {"float32 inside", {"affine"}, float32(1)},
        {"stale", {"affine"}, stale(0)}},
       {}},
      {"two affine layers",
       "clean",
       "h = sigmoid(affine(x, W, b)); L = softmax_cross_entropy(affine(h, V, c), t)",
       {normal("x", {5, 3}), normal("W", {3, 4}), normal("b", {4}), normal("V", {4, 3}),
        normal("c", {3}), labels("t", 5, 3)},
       {{"transpose", {"affine", 0}, transposed(1)},
        {"missing batch sum", {"affine", 0}, last_row_only(2)},
        {"missing factor", {"sigmoid"}, slope([](auto, auto y) { return y; })},
        {"averaged over batch", {"softmax_cross_entropy"}, scaled(0.2)},
        {"relative 1e-6", {"affine", 1}, scaled_entry(3, 1 + 1e-6, 0)},
        {"float32 inside", {"sigmoid"}, float32()}},
       {}},
      {"affine with a vector for its result",
       "clean",
       "y = affine(x, W, b) ** 3",
       {normal("x", {2, 3}), normal("W", {3, 2}), normal("b", {2})},
       {{"missing batch sum", {"affine"}, last_row_only(2)},
        {"clipped upstream", {"affine"}, upstream_magnitude(), false, "absolute value"},
        {"relative 1e-5", {"affine"}, scaled(1 + 1e-5, 1)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> linear_specimens() {
  std::vector<Specimen> all = products();
  const std::vector<Specimen> more = affine_maps();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace gradcheck::defects
