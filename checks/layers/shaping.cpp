#include <numeric>

#include <gradcheck/layers/shaping.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

/// 0, 1, 2, … under a shape.
Tensor counted(const Shape& shape) {
  Tensor t = empty<double>(shape);
  std::iota(t.data(), t.data() + t.size(), 0.0);
  return t;
}

LayerPtr reshape(std::vector<double> shape) { return standard("reshape", {{"shape", shape}}); }

}  // namespace

TEST_CASE("transpose: values agree with hand computation") {
  CHECK(
      near(value(standard("transpose"), {counted({2, 3})}), tensor({3, 2}, {0, 3, 1, 4, 2, 5}), 0));
  CHECK(shape_of(value(standard("transpose"), {counted({2, 3, 4})})) == Shape{4, 3, 2});
  const LayerPtr turned = standard("transpose", {{"axes", std::vector<double>{1, -1, 0}}});
  const Tensor y = value(turned, {counted({2, 3, 4})});
  CHECK(shape_of(y) == Shape{3, 4, 2});
  CHECK(y.data()[1] == 12);  // y[0, 0, 1] = x[1, 0, 0]
  CHECK(y.data()[2] == 1);   // y[0, 1, 0] = x[0, 0, 1]
}

TEST_CASE("transpose: gradients agree with central differences") {
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{2, 3}, Shape{2, 3, 4}}) {
    check_layer(standard("transpose"), {random_signed(shape, 1, 2, 1)});
  }
  check_layer(standard("transpose", {{"axes", std::vector<double>{1, 2, 0}}}),
              {random_signed({2, 3, 4}, 1, 2, 1)});
}

TEST_CASE("transpose: axes that are no permutation are refused") {
  const auto with = [](std::vector<double> axes) {
    return refusal(standard("transpose", {{"axes", axes}}), std::vector<Shape>{{2, 3}});
  };
  CHECK(with({0, 0}) == "transpose: axis has 0 again, expected each axis once");
  CHECK(with({0}) == "transpose: axes has [0], expected each of the 2 axes once");
  CHECK(with({0, 2}) == "transpose: axis has 2, expected an integer from -2 to 1");
}

TEST_CASE("reshape: keeps the row-major order, -1 takes what is left") {
  CHECK(near(value(reshape({3, 2}), {counted({2, 3})}), counted({3, 2}), 0));
  CHECK(near(value(reshape({-1}), {counted({2, 3})}), counted({6}), 0));
  CHECK(near(value(reshape({2, -1, 1}), {counted({6})}), counted({2, 3, 1}), 0));
  CHECK(near(value(reshape({}), {counted({1, 1})}), scalar(0.0), 0));
  CHECK(near(value(standard("reshape", {{"shape", 6.0}}), {counted({2, 3})}), counted({6}), 0));
  CHECK(shape_of(value(reshape({0, 5}), {counted({3, 0})})) == Shape{0, 5});
}

TEST_CASE("reshape: gradients agree with central differences") {
  check_layer(reshape({3, 5, 2}), {random_signed({5, 6}, 1, 2, 1)});
  check_layer(reshape({-1, 2}), {random_signed({5, 6}, 1, 2, 1)});
}

TEST_CASE("reshape: shapes of another size are refused") {
  const std::vector<Shape> x{{2, 3}};
  CHECK(refusal(reshape({4, 2}), x) ==
        "reshape: x has shape (2, 3), expected 8 entries for shape=[4, 2]");
  CHECK(refusal(reshape({4, -1}), x) ==
        "reshape: x has shape (2, 3), expected a multiple of 4 entries for shape=[4, -1]");
  CHECK(refusal(reshape({0, -1}), x) ==
        "reshape: x has shape (2, 3), expected a multiple of 0 entries for shape=[0, -1]");
  CHECK(refusal(reshape({9e15, 9e15}), x) != "");
  CHECK(refused_settings("reshape", {{"shape", std::vector<double>{-1, -1}}}) ==
        "reshape: shape has [-1, -1], expected extents of 0 or more, of which one may be -1");
  CHECK(refused_settings("reshape", {{"shape", std::vector<double>{-2}}}) ==
        "reshape: shape has [-2], expected extents of 0 or more, of which one may be -1");
  CHECK(refused_settings("reshape", {}) ==
        "reshape: shape has no value, expected an integer or a list of integers");
}

TEST_CASE("flatten: makes the axes from start_dim to end_dim one, as PyTorch does") {
  const auto shape = [](double first, double last, const Shape& x) {
    return shape_of(
        value(standard("flatten", {{"start_dim", first}, {"end_dim", last}}), {counted(x)}));
  };
  CHECK(shape_of(value(standard("flatten"), {counted({2, 3, 4})})) == Shape{2, 12});
  CHECK(shape(0, -1, {2, 3, 4}) == Shape{24});
  CHECK(shape(0, 1, {2, 3, 4}) == Shape{6, 4});
  CHECK(shape(1, 1, {2, 3, 4}) == Shape{2, 3, 4});
  CHECK(shape(0, -1, {}) == Shape{1});
}

TEST_CASE("flatten: gradients agree with central differences") {
  check_layer(standard("flatten"), {random_signed({2, 3, 5}, 1, 2, 1)});
}

TEST_CASE("flatten: axes that are not there, or in the wrong order, are refused") {
  CHECK(refusal(standard("flatten"), std::vector<Shape>{{3}}) ==
        "flatten: start_dim has 1, expected an integer from -1 to 0");
  CHECK(refusal(standard("flatten", {{"start_dim", 2.0}, {"end_dim", 1.0}}),
                std::vector<Shape>{{2, 3, 4}}) ==
        "flatten: start_dim has 2, expected an axis not after end_dim=1 of shape (2, 3, 4)");
}

TEST_CASE("concat: values agree with hand computation") {
  const Tensor a = tensor({2, 1}, {1, 2});
  const Tensor b = tensor({2, 2}, {3, 4, 5, 6});
  CHECK(near(value(standard("concat", {{"axis", 1.0}}), {a, b}), tensor({2, 3}, {1, 3, 4, 2, 5, 6}),
             0));
  CHECK(near(value(standard("concat"), {vector({1}), vector({2, 3})}), vector({1, 2, 3}), 0));
  CHECK(near(value(standard("concat"), {vector({1})}), vector({1}), 0));
}

TEST_CASE("concat, stack: gradients agree with central differences") {
  for (const double axis : {0.0, 1.0, -1.0}) {
    const Tensor a = random_signed({2, 3, 4}, 1, 2, 1);
    const Tensor b = random_signed({2, 3, 4}, 1, 2, 2);
    check_layer(standard("concat", {{"axis", axis}}), {a, b, a});
    check_layer(standard("stack", {{"axis", axis}}), {a, b, a});
  }
  check_layer(standard("concat", {{"axis", 1.0}}),
              {random_signed({2, 3, 4}, 1, 2, 1), random_signed({2, 1, 4}, 1, 2, 2)});
  check_layer(standard("stack"), {scalar(1.0), scalar(2.0)});
}

TEST_CASE("concat: shapes that differ off the axis are refused") {
  const LayerPtr concat = standard("concat", {{"axis", 1.0}});
  CHECK(refusal(concat, std::vector<Shape>{{2, 3}, {2, 4}, {3, 3}}) ==
        "concat: input 2 has shape (3, 3), expected (2, 3) but for axis 1");
  CHECK(refusal(concat, std::vector<Shape>{{2, 3}, {2}}) ==
        "concat: input 1 has shape (2,), expected (2, 3) but for axis 1");
  CHECK(refusal(concat, std::vector<Shape>{{2}, {2}}) ==
        "concat: axis has 1, expected an integer from -1 to 0");
  CHECK(refusal(standard("concat"), std::vector<Shape>{{}, {}}) ==
        "concat: axis has 0, expected none, for a scalar has no axes");
}

TEST_CASE("stack: values agree with hand computation") {
  const Tensor a = vector({1, 2});
  const Tensor b = vector({3, 4});
  CHECK(near(value(standard("stack"), {a, b}), tensor({2, 2}, {1, 2, 3, 4}), 0));
  CHECK(near(value(standard("stack", {{"axis", -1.0}}), {a, b}), tensor({2, 2}, {1, 3, 2, 4}), 0));
  CHECK(near(value(standard("stack"), {scalar(1.0), scalar(2.0)}), a, 0));
}

TEST_CASE("stack: shapes that differ are refused") {
  CHECK(refusal(standard("stack"), std::vector<Shape>{{2}, {2}, {3}}) ==
        "stack: input 2 has shape (3,), expected (2,), the shape of input 0");
  CHECK(refusal(standard("stack", {{"axis", 2.0}}), std::vector<Shape>{{2}, {2}}) ==
        "stack: axis has 2, expected an integer from -2 to 1");
}

TEST_CASE("split: cuts into equal parts") {
  const Tensors<double> y = run<double>(standard("split", {{"axis", 1.0}}), {counted({2, 4})});
  REQUIRE(y.size() == 2);
  CHECK(near(y[0], tensor({2, 2}, {0, 1, 4, 5}), 0));
  CHECK(near(y[1], tensor({2, 2}, {2, 3, 6, 7}), 0));
}

TEST_CASE("split: gradients agree with central differences") {
  check_layer(standard("split"), {random_signed({4, 3}, 1, 2, 1)});
  check_layer(standard("split", {{"sections", 3.0}, {"axis", -2.0}}),
              {random_signed({2, 6, 2}, 1, 2, 1)});
}

TEST_CASE("split: unequal parts are refused") {
  CHECK(refusal(standard("split"), std::vector<Shape>{{3, 2}}) ==
        "split: x has shape (3, 2), expected a multiple of 2 along axis 0");
  CHECK(refusal(standard("split", {{"sections", 1e15}}), std::vector<Shape>{{0}}) ==
        "split: x has shape (0,), expected a multiple of 1000000000000000 along axis 0");
  CHECK(refused_settings("split", {{"sections", 0.0}}) ==
        "split: sections has 0, expected at least 1");
}
