#include <gradcheck/layers/linear.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensors<double> random_pair(const Shape& a, const Shape& b) {
  return {random_signed(a, 0.5, 2, 1), random_signed(b, 0.5, 2, 2)};
}

}  // namespace

TEST_CASE("matmul: values agree with hand computation") {
  const Tensor A = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor B = tensor({3, 2}, {7, 8, 9, 10, 11, 12});
  const LayerPtr matmul = standard("matmul");
  CHECK(near(value(matmul, {A, B}), tensor({2, 2}, {58, 64, 139, 154}), 0));
  CHECK(near(value(matmul, {A, vector({1, 0, -1})}), vector({-2, -2}), 0));
  CHECK(near(value(matmul, {vector({1, -1}), A}), vector({-3, -3, -3}), 0));
  CHECK(near(value(matmul, {vector({1, 2, 3}), vector({4, 5, 6})}), scalar(32.0), 0));
}

TEST_CASE("matmul: gradients agree with central differences, vectors and batches included") {
  const std::vector<std::pair<Shape, Shape>> shapes{
      {{3, 5}, {5, 2}},       {{5}, {5, 2}},
      {{3, 5}, {5}},          {{5}, {5}},
      {{2, 3, 5}, {2, 5, 4}}, {{2, 3, 5}, {5, 4}},
      {{3, 5}, {2, 5, 4}},    {{2, 3, 5}, {5}},
      {{5}, {2, 5, 4}},       {{4, 1, 3, 2}, {3, 2, 5}},
      {{1, 1}, {1, 1}}};
  for (const auto& pair : shapes) {
    const Shape &a = pair.first, &b = pair.second;
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    check_layer(standard("matmul"), random_pair(a, b));
  }
}

TEST_CASE("matmul: moving one entry is what forward says, wherever b is one matrix") {
  const LayerPtr matmul = standard("matmul");
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{
           {{3, 5}, {5, 2}}, {{5}, {5, 2}}, {{3, 5}, {5}}, {{5}, {5}}, {{2, 3, 5}, {5, 4}}}) {
    check_moves(matmul, random_pair(a, b));
  }
  check_moves(matmul, random_pair({2, 3, 5}, {2, 5, 4}), false);
}

TEST_CASE("matmul: shapes that do not fit are refused") {
  const LayerPtr matmul = standard("matmul");
  CHECK(
      refusal(matmul, std::vector<Shape>{{2, 3}, {2, 3}}) ==
      "matmul: shapes (2, 3) and (2, 3) do not fit together, expected 3 rows on the right, got 2");
  CHECK(refusal(matmul, std::vector<Shape>{{}, {2, 3}}) ==
        "matmul: the left operand has shape (), expected at least one axis");
  CHECK(
      refusal(matmul, std::vector<Shape>{{2, 3, 4}, {3, 4, 5}}) ==
      "matmul: shapes (2,) and (3,) do not broadcast, expected equal extents or 1, aligned at the "
      "right");
}

TEST_CASE("affine: values agree with hand computation") {
  const Tensor x = tensor({2, 2}, {1, 2, -1, 0});
  const Tensor W = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b = vector({10, 20, 30});
  const LayerPtr affine = standard("affine");
  CHECK(near(value(affine, {x, W, b}), tensor({2, 3}, {19, 32, 45, 9, 18, 27}), 0));
  CHECK(near(value(affine, {vector({1, 2}), W, b}), vector({19, 32, 45}), 0));
}

TEST_CASE("affine: gradients agree with central differences") {
  const LayerPtr affine = standard("affine");
  const Tensor W = random_signed({5, 2}, 0.5, 2, 1);
  for (const Shape& x : {Shape{3, 5}, Shape{1, 5}, Shape{5}, Shape{2, 3, 5}}) {
    check_layer(affine, {random_signed(x, 0.5, 2, 2), W, random_signed({2}, 0.5, 2, 3)});
  }
  check_layer(affine, {random_signed({3, 5}, 0.5, 2, 2), W, random_signed({1, 2}, 0.5, 2, 3)});
}

TEST_CASE("affine: moving one entry of x, W or b is what forward says") {
  const Tensor W = random_signed({5, 2}, 0.5, 2, 1);
  const Tensor b = random_signed({2}, 0.5, 2, 3);
  for (const Shape& x : {Shape{3, 5}, Shape{5}, Shape{2, 3, 5}}) {
    check_moves(standard("affine"), {random_signed(x, 0.5, 2, 2), W, b});
  }
}

TEST_CASE("affine: shapes that do not fit are refused") {
  const LayerPtr affine = standard("affine");
  CHECK(refusal(affine, std::vector<Shape>{{}, {3, 2}, {2}}) ==
        "affine: x has shape (), expected (..., in)");
  CHECK(refusal(affine, std::vector<Shape>{{4, 3}, {2, 3}, {2}}) ==
        "affine: W has shape (2, 3), expected (3, out), for x has shape (4, 3)");
  CHECK(refusal(affine, std::vector<Shape>{{4, 3}, {3}, {2}}) ==
        "affine: W has shape (3,), expected (3, out), for x has shape (4, 3)");
  const std::string wanted = ", expected (2,), for W has shape (3, 2)";
  CHECK(refusal(affine, std::vector<Shape>{{4, 3}, {3, 2}, {3}}) ==
        "affine: b has shape (3,)" + wanted);
  CHECK(refusal(affine, std::vector<Shape>{{4, 3}, {3, 2}, {}}) ==
        "affine: b has shape ()" + wanted);
  CHECK(refusal(affine, std::vector<Shape>{{4, 3}, {3, 2}, {4, 2}}) ==
        "affine: b has shape (4, 2)" + wanted);
  CHECK(refusal(affine, std::vector<Shape>{{3}, {3, 2}, {1, 2}}) ==
        "affine: b has shape (1, 2)" + wanted);
}

TEST_CASE("outer: values agree with hand computation") {
  const Tensor y = tensor({2, 3}, {3, 4, 5, -6, -8, -10});
  CHECK(near(value(standard("outer"), {vector({1, -2}), vector({3, 4, 5})}), y, 0));
  CHECK(near(value(standard("outer"), {tensor({2, 1}, {1, -2}), tensor({1, 3}, {3, 4, 5})}), y, 0));
}

TEST_CASE("outer: gradients agree with central differences, moves with forward") {
  for (const auto& [a, b] :
       std::vector<std::pair<Shape, Shape>>{{{3}, {5}}, {{1}, {4}}, {{3, 1}, {1, 5}}, {{}, {2}}}) {
    check_layer(standard("outer"), random_pair(a, b));
    check_moves(standard("outer"), random_pair(a, b));
  }
}

TEST_CASE("outer: a matrix is refused") {
  CHECK(
      refusal(standard("outer"), std::vector<Shape>{{2}, {3, 4}}) ==
      "outer: b has shape (3, 4), expected a vector; reshape it to one axis if all its entries are "
      "meant");
}

TEST_CASE("dot: values agree with hand computation") {
  const Tensor A = tensor({2, 2}, {1, 2, 3, 4});
  CHECK(near(value(standard("dot"), {vector({1, 2}), vector({3, 4})}), scalar(11.0), 0));
  CHECK(near(value(standard("dot"), {A, A}), tensor({2, 2}, {7, 10, 15, 22}), 0));
  CHECK(near(value(standard("dot"), {A, vector({1, -1})}), vector({-1, -1}), 0));
}

TEST_CASE("dot: gradients agree with central differences, moves with forward") {
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{
           {{5}, {5}}, {{3, 5}, {5, 2}}, {{3, 5}, {5}}, {{2, 3, 5}, {5}}, {{5}, {5, 2}}}) {
    check_layer(standard("dot"), random_pair(a, b));
    check_moves(standard("dot"), random_pair(a, b));
  }
}

TEST_CASE("dot: scalars, stacks and unequal extents are refused") {
  const LayerPtr dot = standard("dot");
  CHECK(refusal(dot, std::vector<Shape>{{2}, {}}) ==
        "dot: b has shape (), expected at least one axis; a number is multiplied with *");
  CHECK(refusal(dot, std::vector<Shape>{{2, 3}, {4, 3, 2}}) ==
        "dot: b has shape (4, 3, 2), expected a vector or a matrix; for stacks of matrices use "
        "matmul");
  CHECK(refusal(dot, std::vector<Shape>{{2}, {3}}) ==
        "dot: shapes (2,) and (3,) do not fit together, expected 2 rows on the right, got 3");
}

TEST_CASE("linear layers: empty operands give zeros, not a crash") {
  CHECK(near(value(standard("matmul"), {zeros<double>({2, 0}), zeros<double>({0, 3})}),
             zeros<double>({2, 3}), 0));
  const Tensors<double> dx = gradients<double>(
      standard("affine"), {zeros<double>({2, 0}), zeros<double>({0, 3}), zeros<double>({3})},
      {full<double>({2, 3}, 1)});
  CHECK(near(dx[2], vector({2, 2, 2}), 0));
}
