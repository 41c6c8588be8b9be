#include <array>
#include <vector>

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

TEST_CASE("broadcast: what repeats as a block is the same as what repeats entry by entry") {
  const Tensor block = tensor_of({1, 3}, std::array{1.0, 2.0, 3.0});
  const Shape shape{2, 2, 3};
  const Tensor wide = broadcast_to(block, shape);
  const std::vector<std::size_t> positions = broadcast_positions({1, 3}, shape);
  REQUIRE(positions.size() == wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    CHECK(wide.data()[i] == block.data()[positions[i]]);
  }
  CHECK(std::ranges::equal(entries(sum_to(wide, {1, 3})), std::array{4.0, 8.0, 12.0}));
  const auto minus = [](double x, double y) { return x - y; };
  CHECK(zip(wide, block, minus) == zeros<double>(shape));
  CHECK(zip(block, full<double>(shape, 1), minus) == zip(wide, scalar(1.0), minus));
}

TEST_CASE("broadcast: an axis of no entries gives none") {
  CHECK(broadcast_positions({1}, {2, 0}).empty());
  const Tensor none = zeros<double>({2, 0});
  CHECK(zip(none, zeros<double>({0}), [](double x, double) { return x; }).size() == 0);
  CHECK(std::ranges::equal(entries(sum_to(none, {2, 1})), std::array{0.0, 0.0}));
  CHECK(sum_to(none, {0}).size() == 0);
}
