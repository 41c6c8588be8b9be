#include <gradcheck/layers/dropout.hpp>
#include <gradcheck/layers/ordering.hpp>
#include <gradcheck/layers/rearranging.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using List = std::vector<double>;

const Tensor matrix = tensor({2, 3}, {1, 2, 3, 4, 5, 6});

/// Values as NumPy's functions of the same names give them.
struct Row {
  const char* name;
  Settings settings;
  Shape shape;
  std::vector<double> y;
};
const std::vector<Row> rows{
    {"flip", {}, {2, 3}, {6, 5, 4, 3, 2, 1}},
    {"flip", {{"axis", 1.0}}, {2, 3}, {3, 2, 1, 6, 5, 4}},
    {"roll", {{"shifts", 2.0}}, {2, 3}, {5, 6, 1, 2, 3, 4}},
    {"roll", {{"shifts", List{1, -1}}, {"axis", List{0, 1}}}, {2, 3}, {5, 6, 4, 2, 3, 1}},
    {"roll", {{"shifts", -7.0}, {"axis", 1.0}}, {2, 3}, {2, 3, 1, 5, 6, 4}},
    {"tile", {{"reps", 2.0}}, {2, 6}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}},
    {"tile", {{"reps", List{2, 1, 1}}}, {2, 2, 3}, {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}},
    {"repeat", {{"repeats", 2.0}}, {12}, {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}},
    {"repeat", {{"repeats", 2.0}, {"axis", 0.0}}, {4, 3}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}},
    {"repeat", {{"repeats", 0.0}}, {0}, {}},
};

}  // namespace

TEST_CASE("flip, roll, tile, repeat: values agree with NumPy") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(near(value(standard(row.name, row.settings), {matrix}), tensor(row.shape, row.y), 0));
  }
}

TEST_CASE("flip, roll, tile, repeat: gradients agree with central differences") {
  for (const Row& row : rows) {
    check_layer(standard(row.name, row.settings), {random_signed({2, 3}, 0.5, 2, 1)});
    check_layer(standard(row.name, row.settings), {random_signed({3, 5}, 0.5, 2, 2)});
  }
}

TEST_CASE("flip, roll, tile, repeat: what makes no sense is refused") {
  CHECK(refusal(standard("flip", {{"axis", 2.0}}), std::vector<Shape>{{2, 3}}) ==
        "flip: axis has 2, expected an integer from -2 to 1");
  CHECK(refusal(standard("roll", {{"shifts", List{1, 2}}, {"axis", 0.0}}),
                std::vector<Shape>{{2, 3}}) ==
        "roll: shifts has 2 numbers, expected one for each of the 1 axes");
  CHECK(refused_settings("tile", {{"reps", List{2, -1}}}) ==
        "tile: reps has -1, expected an integer from 0 to " + std::to_string(max_entries));
  CHECK(refused_settings("repeat", {{"repeats", -1.0}}) ==
        "repeat: repeats has -1, expected an integer from 0 to " + std::to_string(max_entries));
  CHECK_THROWS_AS(
      standard("tile", {{"reps", double(max_entries)}})->output_shapes(std::vector<Shape>{{2, 3}}),
      ShapeError);
}

TEST_CASE("sort, topk: values and indices agree with PyTorch") {
  const Tensor x = tensor({2, 4}, {3, -1, 2, 3, 0.5, 7, -2, 1});
  const Tensors<double> sorted = run(standard("sort"), Tensors<double>{x});
  CHECK(near(sorted[0], tensor({2, 4}, {-1, 2, 3, 3, -2, 0.5, 1, 7}), 0));
  CHECK(near(sorted[1], tensor({2, 4}, {1, 2, 0, 3, 2, 0, 3, 1}), 0));
  CHECK(near(value(standard("sort", {{"descending", true}, {"axis", 0.0}}), {x}),
             tensor({2, 4}, {3, 7, 2, 3, 0.5, -1, -2, 1}), 0));
  const Tensors<double> top = run(standard("topk", {{"k", 2.0}}), Tensors<double>{x});
  CHECK(near(top[0], tensor({2, 2}, {3, 3, 7, 1}), 0));
  CHECK(near(top[1], tensor({2, 2}, {0, 3, 1, 3}), 0));
  CHECK(near(value(standard("topk", {{"k", 1.0}, {"largest", false}}), {x}),
             tensor({2, 1}, {-1, -2}), 0));
  CHECK(std::isnan(value(standard("topk", {{"k", 1.0}}), {vector({1, NAN, 2})}).data()[0]));
}

TEST_CASE("sort, topk: gradients agree with central differences") {
  const Tensor x = random_signed({3, 4, 2}, 0.5, 2, 3);
  for (const double axis : {0.0, 1.0, -1.0}) {
    check_layer(standard("sort", {{"axis", axis}}), {x});
    check_layer(standard("topk", {{"k", 2.0}, {"axis", axis}}), {x});
  }
}

TEST_CASE("sort, topk: equal entries are ties, of each place that they may take") {
  const Tensor x = vector({3, 1, 3});
  const std::vector<Tie> found = ties(standard("sort"), {x}, 0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].site == 1);
  CHECK(found[0].pieces == Branches{0, 2});
  CHECK(ties(standard("topk", {{"k", 1.0}}), {x}, 0).size() == 1);
  CHECK(ties(standard("sort"), {vector({1, 2})}, 0.4).empty());
}

TEST_CASE("topk: more entries than there are is refused") {
  CHECK(refusal(standard("topk", {{"k", 5.0}}), std::vector<Shape>{{2, 4}}) ==
        "topk: k has 5, expected at most 4, the extent of axis 1 of x");
  CHECK(refused_settings("topk", {{"k", 0.0}}) == "topk: k has 0, expected an integer from 1 up");
  CHECK(refusal(standard("sort"), std::vector<Shape>{{}}) ==
        "sort: axis has -1, expected none, for a scalar has no axes");
}

TEST_CASE("dropout: with a mask, and with one drawn from a seed") {
  const Tensor x = vector({1, -2, 3, 4});
  const Tensor mask = vector({1, 0, 1, 0});
  const LayerPtr given_mask = standard("dropout", {{"mask", true}, {"p", 0.75}});
  CHECK(near(value(given_mask, {x, mask}), vector({4, 0, 12, 0}), 0));
  CHECK_FALSE(given_mask->differentiable(1));
  check_layer(given_mask, {x, mask});
  const LayerPtr drawn = standard("dropout", {{"p", 0.25}, {"seed", 3.0}});
  check_layer(drawn, {random_signed({20, 50}, 0.5, 2, 4)});
  const Tensor y = value(drawn, {full<double>({100, 100}, 3)});
  const auto kept = static_cast<double>(std::count(y.begin(), y.end(), 4.0));
  CHECK(std::abs(kept - 7500) < 5 * std::sqrt(10000 * 0.25 * 0.75));
  CHECK(std::count(y.begin(), y.end(), 0.0) == 10000 - kept);
  CHECK(same_bits(value(standard("dropout", {{"training", false}}), {x}), x));
}

TEST_CASE("dropout: what makes no sense is refused") {
  CHECK(refused_settings("dropout", {{"p", 1.0}}) ==
        "dropout: p has 1, expected a number from 0 up to but not 1");
  CHECK(refused_settings("dropout", {{"seed", -1.0}}) ==
        "dropout: seed has -1, expected an integer from 0 up");
  CHECK(refusal(standard("dropout", {{"mask", true}}), std::vector<Shape>{{3}, {1}}) ==
        "dropout: mask has shape (1,), expected (3,), the shape of x");
}
