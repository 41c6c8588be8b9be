#include <gradcheck/layers/indexing.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor matrix = tensor({3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});

LayerPtr along(const char* name, double axis) { return standard(name, {{"axis", axis}}); }

}  // namespace

TEST_CASE("embedding: rows are looked up, and repeated ones add up in the gradient") {
  const Tensor weight = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor index = tensor({2, 2}, {2, 0, 2, 2});
  CHECK(near(value(standard("embedding"), {index, weight}),
             tensor({2, 2, 2}, {5, 6, 1, 2, 5, 6, 5, 6}), 0));
  const Tensor dy = tensor({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(near(gradients<double>(standard("embedding"), {index, weight}, {dy})[1],
             tensor({3, 2}, {3, 4, 0, 0, 13, 16}), 0));
  check_layer(standard("embedding"), {index, weight});
}

TEST_CASE("embedding: rows of padding_idx are 0 and get no gradient") {
  const LayerPtr layer = standard("embedding", {{"padding_idx", 2.0}});
  const Tensor weight = tensor({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor index = vector({2, 0, 2});
  CHECK(near(value(layer, {index, weight}), tensor({3, 2}, {0, 0, 1, 2, 0, 0}), 0));
  check_layer(layer, {index, weight});
}

TEST_CASE("gather, index_select, take: values agree with PyTorch and NumPy") {
  const Tensor index = tensor({2, 3}, {0, 2, 1, 2, 2, 0});
  CHECK(near(value(along("gather", 0), {matrix, index}), tensor({2, 3}, {1, 10, 7, 9, 10, 3}), 0));
  CHECK(near(value(along("gather", -1), {matrix, index}), tensor({2, 3}, {1, 3, 2, 7, 7, 5}), 0));
  CHECK(near(value(along("index_select", 1), {matrix, vector({3, 0, 3})}),
             tensor({3, 3}, {4, 1, 4, 8, 5, 8, 12, 9, 12}), 0));
  CHECK(near(value(standard("take"), {matrix, tensor({2, 2}, {-1, 0, 5, -12})}),
             tensor({2, 2}, {12, 1, 6, 1}), 0));
  CHECK(near(value(along("take", 0), {matrix, vector({-1, 1})}),
             tensor({2, 4}, {9, 10, 11, 12, 5, 6, 7, 8}), 0));
  CHECK(near(value(along("take", 1), {matrix, scalar(-2.0)}), vector({3, 7, 11}), 0));
}

TEST_CASE("gather, index_select, take: gradients agree with central differences") {
  const Tensor x = random_signed({3, 4}, 0.5, 2, 1);
  check_layer(along("gather", 0), {x, tensor({2, 3}, {0, 2, 1, 2, 2, 0})});
  check_layer(along("gather", 1),
              {x, tensor({3, 5}, {0, 3, 3, 1, 0, 2, 2, 2, 2, 2, 1, 0, 3, 3, 1})});
  check_layer(along("index_select", 1), {x, vector({3, 0, 3})});
  check_layer(standard("take"), {x, tensor({2, 2}, {-1, 0, 0, 5})});
  check_layer(along("take", 0), {x, tensor({2, 2}, {-1, 1, 1, 0})});
}

TEST_CASE("scatter_add: values agree with PyTorch, gradients with central differences") {
  const Tensor index = tensor({2, 3}, {0, 2, 2, 0, 0, 1});
  const Tensor src = tensor({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(near(value(along("scatter_add", 0), {zeros<double>({3, 4}), index, src}),
             tensor({3, 4}, {6, 6, 0, 0, 0, 0, 7, 0, 0, 2, 3, 0}), 0));
  CHECK(near(value(along("scatter_add", 1), {zeros<double>({3, 4}), index, src}),
             tensor({3, 4}, {1, 0, 5, 0, 11, 7, 0, 0, 0, 0, 0, 0}), 0));
  check_layer(along("scatter_add", 0), {matrix, index, src});
  check_layer(along("scatter_add", 1), {matrix, index, src});
}

TEST_CASE("indexing: empty indices make empty outputs") {
  CHECK(value(standard("embedding"), {zeros<double>({0}), zeros<double>({3, 2})}).size() == 0);
  CHECK(value(along("index_select", 0), {matrix, zeros<double>({0})}).size() == 0);
}

TEST_CASE("indexing: indices out of range and impossible shapes are refused") {
  CHECK(refusal(standard("embedding"), Tensors<double>{vector({0, 3}), zeros<double>({3, 2})}) ==
        "embedding: index[1] has 3, expected an integer from 0 to 2");
  CHECK(refusal(standard("embedding"), Tensors<double>{vector({-1}), zeros<double>({3, 2})}) ==
        "embedding: index[0] has -1, expected an integer from 0 to 2");
  CHECK(refusal(standard("embedding"), Tensors<double>{vector({0.5}), zeros<double>({3, 2})}) ==
        "embedding: index[0] has 0.5, expected an integer from 0 to 2");
  CHECK(refusal(standard("embedding"), std::vector<Shape>{{2}, {3}}) ==
        "embedding: weight has shape (3,), expected (V, D), a row for each index");
  CHECK(refusal(standard("embedding", {{"padding_idx", 3.0}}), std::vector<Shape>{{2}, {3, 2}}) ==
        "embedding: padding_idx has 3, expected a row of weight, which has shape (3, 2)");
  CHECK(refused_settings("embedding", {{"padding_idx", -1.0}}) ==
        "embedding: padding_idx has -1, expected a row of weight, from 0 up");
  CHECK(refusal(along("take", 0), Tensors<double>{matrix, vector({-4})}) ==
        "take: index[0] has -4, expected an integer from -3 to 2");
  CHECK(refusal(along("gather", 0), Tensors<double>{matrix, tensor({1, 1}, {NAN})}) ==
        "gather: index[0, 0] has nan, expected an integer from 0 to 2");
  CHECK(refusal(along("gather", 0), std::vector<Shape>{{3, 4}, {2, 5}}) ==
        "gather: index has shape (2, 5), expected the rank of x and no axis but 0 longer, for x "
        "has shape (3, 4)");
  CHECK(refusal(along("index_select", 0), std::vector<Shape>{{3, 4}, {2, 2}}) ==
        "index_select: index has shape (2, 2), expected one axis");
  CHECK(refusal(along("scatter_add", 0), std::vector<Shape>{{3, 4}, {2, 3}, {2, 2}}) ==
        "scatter_add: src has shape (2, 2), expected (2, 3) at least, the shape of index");
  CHECK(refused_settings("gather", {}) == "gather: axis has no value, expected an integer");
}
