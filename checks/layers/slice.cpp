#include <numeric>
#include <optional>

#include <gradcheck/layers/shaping.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Bound = std::optional<long long>;
constexpr long long huge = 9223372036854775807;

AxisSlice index(long long i) { return {.start = i, .is_index = true}; }
AxisSlice slice(Bound start, Bound stop, Bound step = {}) {
  return {.start = start, .stop = stop, .step = step};
}
AxisSlice ellipsis() { return {.ellipsis = true}; }

/// x[subscripts] where x counts 0, 1, 2, …
Tensor take(const Shape& shape, std::vector<AxisSlice> subscripts) {
  Tensor x = empty<double>(shape);
  std::iota(x.data(), x.data() + x.size(), 0.0);
  return value(make_slice(std::move(subscripts)), {x});
}

std::string refused(const Shape& shape, std::vector<AxisSlice> subscripts) {
  return refusal(make_slice(std::move(subscripts)), std::vector<Shape>{shape});
}

/// Python's own range(5)[start:stop:step] in this file's terms.
Tensor five(Bound start, Bound stop, Bound step = {}) {
  return take({5}, {slice(start, stop, step)});
}

}  // namespace

TEST_CASE("slice: bounds are clamped and counted as Python does") {
  CHECK(near(five({}, {}), vector({0, 1, 2, 3, 4}), 0));
  CHECK(near(five(1, 3), vector({1, 2}), 0));
  CHECK(near(five(-2, {}), vector({3, 4}), 0));
  CHECK(near(five({}, -2), vector({0, 1, 2}), 0));
  CHECK(near(five(-99, 99), vector({0, 1, 2, 3, 4}), 0));
  CHECK(near(five(3, 1), vector({}), 0));
  CHECK(near(five(5, {}), vector({}), 0));
  CHECK(near(five({}, {}, 2), vector({0, 2, 4}), 0));
  CHECK(near(five(1, {}, 2), vector({1, 3}), 0));
  CHECK(near(five({}, {}, 99), vector({0}), 0));
}

TEST_CASE("slice: negative steps run backwards as in Python") {
  CHECK(near(five({}, {}, -1), vector({4, 3, 2, 1, 0}), 0));
  CHECK(near(five({}, {}, -2), vector({4, 2, 0}), 0));
  CHECK(near(five(3, {}, -2), vector({3, 1}), 0));
  CHECK(near(five({}, 1, -1), vector({4, 3, 2}), 0));
  CHECK(near(five(99, -99, -3), vector({4, 1}), 0));
  CHECK(near(five(1, 3, -1), vector({}), 0));
  CHECK(near(five(-99, {}, -1), vector({}), 0));
}

TEST_CASE("slice: the largest and smallest integers do not overflow") {
  CHECK(near(five(-huge - 1, huge, huge), vector({0}), 0));
  CHECK(near(five(huge, -huge - 1, -huge - 1), vector({4}), 0));
  CHECK(near(five({}, {}, -huge), vector({4}), 0));
}

TEST_CASE("slice: an index drops its axis, what is not named stays") {
  CHECK(near(take({2, 3}, {index(1)}), vector({3, 4, 5}), 0));
  CHECK(near(take({2, 3}, {index(-2)}), vector({0, 1, 2}), 0));
  CHECK(near(take({2, 3}, {index(1), index(-1)}), scalar(5.0), 0));
  CHECK(near(take({2, 3}, {slice({}, {}), slice(1, 3)}), tensor({2, 2}, {1, 2, 4, 5}), 0));
  CHECK(near(take({2, 3}, {}), tensor({2, 3}, {0, 1, 2, 3, 4, 5}), 0));
}

TEST_CASE("slice: an ellipsis stands for all axes not named") {
  CHECK(near(take({2, 2, 2}, {ellipsis(), index(1)}), tensor({2, 2}, {1, 3, 5, 7}), 0));
  CHECK(near(take({2, 2, 2}, {index(1), ellipsis(), index(0)}), vector({4, 6}), 0));
  CHECK(near(take({2, 2, 2}, {index(1), index(1), index(1), ellipsis()}), scalar(7.0), 0));
  CHECK(near(take({}, {ellipsis()}), scalar(0.0), 0));
}

TEST_CASE("slice: gradients agree with central differences") {
  const Tensor x = random_signed({3, 4, 5}, 1, 2, 1);
  check_layer(make_slice({index(1)}), {x});
  check_layer(make_slice({slice({}, {}), index(-1), slice({}, {}, -2)}), {x});
  check_layer(make_slice({ellipsis(), slice(1, 4)}), {x});
}

TEST_CASE("slice: what does not fit the shape is refused") {
  CHECK(refused({2, 3}, {index(0), index(3)}) ==
        "slice: axis 1 has index 3, expected an integer from -3 to 2");
  CHECK(refused({2, 3}, {index(-3)}) ==
        "slice: axis 0 has index -3, expected an integer from -2 to 1");
  CHECK(refused({0}, {index(0)}) ==
        "slice: axis 0 has index 0, expected none, for its extent is 0");
  CHECK(refused({2}, {slice({}, {}, 0)}) ==
        "slice: a subscript has step 0, expected any other step");
  CHECK(refused({2}, {index(0), index(0)}) ==
        "slice: the subscript list has 2 items, expected at most 1 for shape (2,)");
  CHECK(refused({2}, {ellipsis(), ellipsis()}) ==
        "slice: the subscript list has 2 times '...', expected one at most");
}
