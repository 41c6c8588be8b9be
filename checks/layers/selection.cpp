#include <gradcheck/layers/selection.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const double missing = std::nan("");

}  // namespace

TEST_CASE("maximum, minimum: values agree with hand computation") {
  const Tensor a = tensor({2, 1}, {2, -3});
  const Tensor b = vector({1, 2, 4});
  CHECK(near(value(standard("maximum"), {a, b}), tensor({2, 3}, {2, 2, 4, 1, 2, 4}), 0));
  CHECK(near(value(standard("minimum"), {a, b}), tensor({2, 3}, {1, 2, 2, -3, -3, -3}), 0));
}

TEST_CASE("maximum, minimum: NaN in either operand comes through") {
  for (const char* name : {"maximum", "minimum"}) {
    const Tensor y =
        value(standard(name), {vector({missing, 1, missing}), vector({1, missing, missing})});
    CHECK(std::isnan(y.data()[0]));
    CHECK(std::isnan(y.data()[1]));
    CHECK(std::isnan(y.data()[2]));
  }
}

TEST_CASE("maximum, minimum: gradients agree with central differences") {
  for (const char* name : {"maximum", "minimum"}) {
    check_layer(standard(name),
                {random_signed({3, 5}, 0.5, 2, 1), random_signed({3, 5}, 0.5, 2, 2)});
    check_layer(standard(name), {random_signed({3, 1}, 0.5, 2, 3), random_signed({5}, 0.5, 2, 4)});
    check_layer(standard(name), {random_signed({3, 5}, 0.5, 2, 5), scalar(0.0)});
  }
}

TEST_CASE("maximum: on a tie all of the gradient goes to the first operand") {
  const Tensors<double> dx =
      gradients<double>(standard("maximum"), {vector({1, 2}), vector({1, 3})}, {vector({5, 7})});
  CHECK(near(dx[0], vector({5, 0}), 0));
  CHECK(near(dx[1], vector({0, 7}), 0));
}

TEST_CASE("maximum: two arguments within the sum of their widths are a tie") {
  const double w = 0x1p-40;
  const Tensor a = vector({1, 1, 1, 1, 2});
  const Tensor b = vector({1, 1 + 2 * w, 1 - 2 * w, 1 + 2.001 * w, 1});
  const std::vector<Tie> found = ties(standard("maximum"), {a, b}, w);
  REQUIRE(found.size() == 3);
  CHECK(found[1].site == 1);
  CHECK(found[1].pieces == Branches{0, 1});
  REQUIRE(found[1].entries.size() == 2);
  CHECK(found[1].entries[0].slot == 0);
  CHECK(found[1].entries[1].slot == 1);
  CHECK(found[1].entries[1].entry == 1);
  CHECK(ties(standard("maximum"), {a, b}, 0).size() == 1);
}

TEST_CASE("maximum: a tie names the entries that broadcasting brought together") {
  const std::vector<Tie> found =
      ties(standard("minimum"), {tensor({2, 1}, {1, 2}), vector({0, 2, 5})}, 0);
  REQUIRE(found.size() == 1);
  CHECK(found[0].site == 4);
  CHECK(found[0].entries[0].entry == 1);
  CHECK(found[0].entries[1].entry == 1);
}

TEST_CASE("maximum: held pieces give forward bit for bit, ties and zeros of both signs included") {
  for (const char* name : {"maximum", "minimum"}) {
    check_branches(standard(name), {vector({1, 0.0, -0.0, 3}), vector({1, -0.0, 0.0, INFINITY})});
  }
}

TEST_CASE("where: values agree with hand computation") {
  const Tensor y =
      value(standard("where"), {vector({1, 0, -2}), tensor({2, 1}, {10, 20}), scalar(7.0)});
  CHECK(near(y, tensor({2, 3}, {10, 7, 10, 20, 7, 20}), 0));
}

TEST_CASE("where: gradients agree with central differences, the condition is held") {
  const Tensor condition = tensor({3, 1}, {1, 0, 1});
  const LayerPtr where = standard("where");
  check_values(where, {condition, random_signed({5}, 1, 2, 1), random_signed({3, 5}, 1, 2, 2)});
  check_gradients(where, {condition, random_signed({5}, 1, 2, 1), random_signed({3, 5}, 1, 2, 2)});
  CHECK_FALSE(where->differentiable(0));
  CHECK(where->differentiable(1));
}

TEST_CASE("where: no infinity leaks from the entry that was not chosen") {
  const Tensors<double> dx = gradients<double>(
      standard("where"), {vector({1, 0}), vector({1, 1}), vector({2, 2})}, {vector({INFINITY, 1})});
  CHECK(near(dx[2], vector({0, 1}), 0));
}

TEST_CASE("clip: values agree with NumPy, crossed bounds included") {
  // numpy.clip([-2, 0.5, 2, 1], [-1, 0, 1, 3], [1, 1, 1.5, 2]) (NumPy 1.24)
  const Tensor y = value(standard("clip"),
                         {vector({-2, 0.5, 2, 1}), vector({-1, 0, 1, 3}), vector({1, 1, 1.5, 2})});
  CHECK(near(y, vector({-1, 0.5, 1.5, 2}), 0));
}

TEST_CASE("clip: NaN comes through from any argument") {
  const Tensor y = value(standard("clip"), {vector({missing, 1, 1}), vector({0, missing, 0}),
                                            vector({2, 2, missing})});
  for (const double entry : entries(y)) {
    CHECK(std::isnan(entry));
  }
}

TEST_CASE("clip: gradients to x and both bounds agree with central differences") {
  check_layer(standard("clip"), {random_signed({4, 5}, 0.2, 3, 1), random_uniform({5}, -2, -1, 2),
                                 random_uniform({4, 1}, 1, 2, 3)});
  check_layer(standard("clip"), {random_signed({4, 5}, 0.2, 3, 1), scalar(-1.0), scalar(1.0)});
}

TEST_CASE(
    "clip: where x meets a bound the gradient goes to x, where the bounds meet to the lower") {
  const Tensors<double> dx =
      gradients<double>(standard("clip"), {vector({1, 3, 0}), vector({1, 1, 2}), vector({3, 3, 2})},
                        {vector({5, 7, 9})});
  CHECK(near(dx[0], vector({5, 7, 0}), 0));
  CHECK(near(dx[1], vector({0, 0, 9}), 0));
  CHECK(near(dx[2], vector({0, 0, 0}), 0));
}

TEST_CASE("clip: an argument within the widths of a bound is a tie") {
  const double w = 0x1p-40;
  const Tensor x = vector({-1, -1 - 2 * w, 1 + 2 * w, 1 + 2.001 * w, 0});
  const std::vector<Tie> found = ties(standard("clip"), {x, scalar(-1.0), scalar(1.0)}, w);
  REQUIRE(found.size() == 3);
  CHECK(found[0].pieces == Branches{0, 1});
  CHECK(found[1].pieces == Branches{0, 1});
  CHECK(found[2].pieces == Branches{0, 2});
  CHECK(found[2].entries.size() == 3);
  check_branches(standard("clip"), {x, scalar(-1.0), scalar(1.0)});
}

TEST_CASE(
    "clip: bounds that meet are a tie where they hold x, and all three where x is there too") {
  const auto pieces = [](double x, double low, double high) {
    const std::vector<Tie> found =
        ties(standard("clip"), {scalar(x), scalar(low), scalar(high)}, 0);
    return found.empty() ? Branches{} : found[0].pieces;
  };
  CHECK(pieces(0, 1, 1) == Branches{1, 2});
  CHECK(pieces(1, 1, 1) == Branches{0, 1, 2});
  CHECK(pieces(2, 1, 1).empty());
  CHECK(pieces(1, 3, 1).empty());  // low wins over x, then high over low: x is out
  CHECK(pieces(2, 1, 2) == Branches{0, 2});
}

TEST_CASE("comparisons: masks agree with hand computation and carry no gradient") {
  const Tensor a = vector({1, 2, 3, missing});
  const Tensor b = vector({2, 2, 2, missing});
  const std::vector<std::pair<const char*, std::vector<double>>> masks{
      {"greater", {0, 0, 1, 0}},    {"greater_equal", {0, 1, 1, 0}}, {"less", {1, 0, 0, 0}},
      {"less_equal", {1, 1, 0, 0}}, {"equal", {0, 1, 0, 0}},         {"not_equal", {1, 0, 1, 1}}};
  for (const auto& row : masks) {
    const auto& [name, mask] = row;
    CAPTURE(row.first);
    const LayerPtr layer = standard(name);
    CHECK(near(value(layer, {a, b}), vector(mask), 0));
    CHECK_FALSE(layer->differentiable(0));
    CHECK_FALSE(layer->differentiable(1));
    CHECK_FALSE(layer->kinked());
    check_values(layer, {random_signed({3, 1}, 1, 2, 1), random_signed({4}, 1, 2, 2)});
    check_gradients(layer, {random_signed({3, 1}, 1, 2, 1), random_signed({4}, 1, 2, 2)});
  }
}

TEST_CASE("stop_gradient: passes its argument on and no gradient back") {
  const LayerPtr layer = standard("stop_gradient");
  const Tensor x = random_signed({2, 3}, 1, 2, 1);
  CHECK(same_bits(value(layer, {x}), x));
  CHECK_FALSE(layer->differentiable(0));
  CHECK(near(gradients<double>(layer, {x}, {x})[0], zeros<double>({2, 3}), 0));
}

TEST_CASE("selection: shapes that do not broadcast are refused") {
  const std::string rest =
      ": shapes (2, 3) and (2,) do not broadcast, expected equal extents or 1, aligned at the "
      "right";
  for (const std::string name : {"maximum", "minimum", "greater", "equal"}) {
    CHECK(refusal(standard(name), std::vector<Shape>{{2, 3}, {2}}) == name + rest);
  }
  CHECK(refusal(standard("where"), std::vector<Shape>{{3}, {2, 3}, {2}}) == "where" + rest);
  CHECK(refusal(standard("clip"), std::vector<Shape>{{2, 3}, {2}, {}}) == "clip" + rest);
}
