#include <array>
#include <cmath>

#include <doctest/doctest.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

TEST_CASE("matmul: shapes follow NumPy's rules for vectors, matrices and stacks") {
  CHECK(matmul_shape("matmul", {3}, {3}) == Shape{});
  CHECK(matmul_shape("matmul", {2, 3}, {3}) == Shape{2});
  CHECK(matmul_shape("matmul", {3}, {3, 4}) == Shape{4});
  CHECK(matmul_shape("matmul", {2, 3}, {3, 4}) == Shape{2, 4});
  CHECK(matmul_shape("matmul", {5, 1, 2, 3}, {7, 3, 4}) == Shape{5, 7, 2, 4});
  CHECK(matmul_shape("matmul", {5, 2, 3}, {3}) == Shape{5, 2});
  CHECK_THROWS_AS(matmul_shape("matmul", {}, {3}), ShapeError);
  CHECK_THROWS_WITH(
      matmul_shape("matmul", {2, 3}, {2, 4}),
      "matmul: shapes (2, 3) and (2, 4) do not fit together, expected 3 rows on the right, got 2");
}

TEST_CASE("matmul: the lecture's first layer gives [0, 8, 1] - b") {
  // Note 003, problem 1: W1 a + b1 = (0, 8, 1) with b1 = (1, 2, 3).
  const Tensor W = tensor_of({3, 2}, std::array{1.0, -2.0, 2.0, 4.0, -3.0, 1.0});
  const Tensor z = matmul(W, full<double>({2}, 1.0));
  CHECK(std::ranges::equal(entries(z), std::array{-1.0, 6.0, -2.0}));
}

TEST_CASE("matmul: large products agree with the plain sum in long double") {
  const Tensor a = random_normal({37, 53}, 0, 1, 1);
  const Tensor b = random_normal({53, 29}, 0, 1, 2);
  const Tensor c = matmul(a, b);
  const LongTensor reference = matmul(cast<long double>(a), cast<long double>(b));
  for (std::size_t i = 0; i < c.size(); ++i) {
    CHECK(std::abs(c.data()[i] - static_cast<double>(reference.data()[i])) < 1e-13);
  }
}

TEST_CASE("matmul: stacks multiply matrix by matrix") {
  const Tensor a = random_normal({2, 1, 2, 3}, 0, 1, 3);
  const Tensor b = random_normal({4, 3, 2}, 0, 1, 4);
  const Tensor c = matmul(a, b);
  REQUIRE(shape_of(c) == Shape{2, 4, 2, 2});
  for (std::size_t p = 0; p < 8; ++p) {
    const Tensor left = tensor_of({2, 3}, entries(a).subspan(p / 4 * 6, 6));
    const Tensor right = tensor_of({3, 2}, entries(b).subspan(p % 4 * 6, 6));
    CHECK(std::ranges::equal(entries(matmul(left, right)), entries(c).subspan(p * 4, 4)));
  }
}

TEST_CASE("permuted: axes move, entries follow") {
  const Tensor t = tensor_of({2, 3}, std::array{1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  const Tensor swapped = swap_last_axes(t);
  CHECK(shape_of(swapped) == Shape{3, 2});
  CHECK(std::ranges::equal(entries(swapped), std::array{1.0, 4.0, 2.0, 5.0, 3.0, 6.0}));
  const Tensor vector = tensor_of({2}, std::array{1.0, 2.0});
  CHECK(std::ranges::equal(entries(swap_last_axes(vector)), entries(vector)));
}
