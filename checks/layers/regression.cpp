#include <gradcheck/layers/regression.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

LayerPtr with(const std::string& name, const std::string& reduction) {
  return standard(name, {{"reduction", reduction}});
}

const std::vector<const char*> two_sided{"half_squared_error", "mean_squared_error",
                                         "mean_absolute_error"};

}  // namespace

TEST_CASE("regression losses: values agree with hand computation") {
  const Tensor y = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor t = tensor({2, 3}, {0, 4, 3, 4, 2, 5});  // differences 1, -2, 0, 0, 3, 1
  const auto loss = [&](const LayerPtr& layer) { return value(layer, {y, t}).data()[0]; };
  CHECK(loss(standard("half_squared_error")) == 7.5);
  CHECK(loss(with("half_squared_error", "mean")) == 3.75);
  CHECK(loss(standard("mean_squared_error")) == 2.5);
  CHECK(loss(with("mean_squared_error", "sum")) == 15);
  CHECK(same_value(loss(standard("mean_absolute_error")), 7.0 / 6));
  CHECK(loss(with("mean_absolute_error", "sum")) == 7);
  CHECK(value(standard("l1"), {vector({1, -2, 0})}).data()[0] == 3);
  CHECK(value(standard("l2"), {vector({1, -2, 0})}).data()[0] == 5);
}

TEST_CASE("regression losses: for \"none\" the terms are the output") {
  const Tensors<double> x{vector({1, 2, 5}), vector({3, 2, 1})};
  CHECK(near(value(with("half_squared_error", "none"), x), vector({2, 0, 8}), 0));
  CHECK(near(value(with("mean_squared_error", "none"), x), vector({4, 0, 16}), 0));
  CHECK(near(value(with("mean_absolute_error", "none"), x), vector({2, 0, 4}), 0));
}

TEST_CASE("half_squared_error: a vector is one row, whatever the reduction") {
  const Tensors<double> x{vector({1, 2, 3}), vector({0, 0, 0})};
  CHECK(value(with("half_squared_error", "mean"), x).data()[0] == 7);
  CHECK(value(with("half_squared_error", "sum"), x).data()[0] == 7);
  CHECK(value(with("half_squared_error", "mean"), {scalar(3.0), scalar(1.0)}).data()[0] == 2);
}

TEST_CASE("half_squared_error: all axes but the last count rows") {
  const Tensors<double> x{full<double>({2, 3, 4}, 1.0), zeros<double>({2, 3, 4})};
  CHECK(value(with("half_squared_error", "mean"), x).data()[0] == 2);
  CHECK(value(with("half_squared_error", "sum"), x).data()[0] == 12);
}

TEST_CASE("regression losses: gradients agree with central differences") {
  for (const char* name : two_sided) {
    for (const char* reduction : {"mean", "sum", "none"}) {
      for (const Shape& shape : {Shape{}, Shape{5}, Shape{3, 5}, Shape{2, 3, 4}}) {
        check_layer(with(name, reduction),
                    {random_signed(shape, 0.5, 2, 1), random_signed(shape, 3, 5, 2)});
      }
    }
  }
  check_layer(standard("l1"), {random_signed({3, 5}, 0.5, 2, 1)});
  check_layer(standard("l2"), {random_signed({3, 5}, 0.5, 2, 1)});
}

TEST_CASE("regression losses: y and t of two shapes are refused, even if they would broadcast") {
  for (const std::string name : two_sided) {
    CHECK(refusal(standard(name), std::vector<Shape>{{4, 1}, {4}}) ==
          name + ": t has shape (4,), expected (4, 1), the shape of y");
    CHECK(refusal(with(name, "mean"), std::vector<Shape>{{0, 3}, {0, 3}}) ==
          name + ": y has shape (0, 3), expected at least one entry");
    CHECK(refused_settings(name, {{"reduction", std::string("max")}}) ==
          name + ": reduction has \"max\", expected \"mean\", \"sum\" or \"none\"");
  }
  CHECK(refused_settings("l2", {{"reduction", std::string("sum")}}) ==
        "l2: unknown setting 'reduction', it has no settings");
}

TEST_CASE("mean_absolute_error: the slope is 0 where y meets t") {
  const Tensors<double> dx = gradients<double>(
      with("mean_absolute_error", "sum"), {vector({1, 2, 3}), vector({1, 3, 2})}, {scalar(5.0)});
  CHECK(near(dx[0], vector({0, -5, 5}), 0));
  CHECK(near(dx[1], vector({0, 5, -5}), 0));
}

TEST_CASE("mean_absolute_error: y within both widths of t is a tie") {
  const double w = 0x1p-40;
  const Tensor t = vector({1, 1, 1, 1});
  const Tensor y = vector({1, 1 + 2 * w, 1 - 2 * w, 1 + 2.001 * w});
  const LayerPtr layer = standard("mean_absolute_error");
  const std::vector<Tie> found = ties(layer, {y, t}, w);
  REQUIRE(found.size() == 3);
  CHECK(found[2].site == 2);
  CHECK(found[2].pieces == Branches{0, 1});
  REQUIRE(found[2].entries.size() == 2);
  CHECK(found[2].entries[1].slot == 1);
  CHECK(ties(layer, {y, t}, 0).size() == 1);
  check_branches(layer, {y, t});
}

TEST_CASE("l1: an entry within its width of 0 is a tie") {
  const Tensor x = vector({0, 1e-12, -1e-12, 2e-12, -0.0});
  CHECK(ties(standard("l1"), {x}, 1e-12).size() == 4);
  CHECK(ties(standard("l1"), {x}, 0).size() == 2);
  check_branches(standard("l1"), {x});
  CHECK(
      near(gradients<double>(standard("l1"), {x}, {scalar(3.0)})[0], vector({0, 3, -3, 3, 0}), 0));
}

TEST_CASE("regression losses: small differences survive a large sum") {
  const double large = value(standard("l2"), {vector({1e8, 1, 1})}).data()[0];
  CHECK(large == 1e16 + 2);
}

TEST_CASE("regression losses: NaN and infinity come through") {
  for (const char* name : two_sided) {
    CHECK(std::isnan(value(standard(name), {vector({std::nan(""), 1}), vector({1, 1})}).data()[0]));
    CHECK(value(standard(name), {vector({INFINITY, 1}), vector({1, 1})}).data()[0] == INFINITY);
  }
}
