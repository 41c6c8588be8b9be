#include <array>

#include <doctest/doctest.h>

#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;

TEST_CASE("broadcast: shapes combine by NumPy's rule") {
  CHECK(broadcast_shapes("add", {2, 3}, {3}) == Shape{2, 3});
  CHECK(broadcast_shapes("add", {4}, {4, 1}) == Shape{4, 4});
  CHECK(broadcast_shapes("add", {}, {2, 1}) == Shape{2, 1});
  CHECK(broadcast_shapes("add", {5, 1, 3}, {2, 1}) == Shape{5, 2, 3});
  CHECK_THROWS_WITH(broadcast_shapes("add", {2, 3}, {2}),
                    "add: shapes (2, 3) and (2,) do not broadcast, expected equal extents or 1, "
                    "aligned at the right");
}

TEST_CASE("broadcast: sum_to is the adjoint of broadcast_to") {
  const Tensor column = tensor_of({2, 1}, std::array{1.0, 2.0});
  const Tensor wide = broadcast_to(column, {3, 2, 2});
  const std::array expected{1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0};
  CHECK(std::ranges::equal(entries(wide), expected));
  const Tensor back = sum_to(wide, {2, 1});
  CHECK(std::ranges::equal(entries(back), std::array{6.0, 12.0}));
  CHECK(sum_to(wide, {}).data()[0] == 18);
}

TEST_CASE("broadcast: zip stretches both sides") {
  const Tensor a = tensor_of({2, 1}, std::array{1.0, 2.0});
  const Tensor b = tensor_of({3}, std::array{10.0, 20.0, 30.0});
  const Tensor c = zip(a, b, [](double x, double y) { return x + y; });
  CHECK(shape_of(c) == Shape{2, 3});
  CHECK(std::ranges::equal(entries(c), std::array{11.0, 21.0, 31.0, 12.0, 22.0, 32.0}));
}
