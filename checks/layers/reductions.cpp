#include <gradcheck/layers/reductions.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

LayerPtr over(const std::string& name, std::vector<double> axes, bool keepdims = false) {
  return standard(name, {{"axis", axes}, {"keepdims", keepdims}});
}

const std::vector<const char*> all{"sum", "mean", "max", "min"};

/// Distinct entries, far enough apart that no probe makes another one the winner.
Tensor distinct(const Shape& shape) {
  Tensor x = empty<double>(shape);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] = double(i * 7 % 31) - 11 + 0.25;  // 7 and 31 have no common factor: no value twice
  }
  return x;
}

}  // namespace

TEST_CASE("sum, mean, max, min: values agree with hand computation") {
  const Tensor x = tensor({2, 3}, {1, -2, 6, 4, 8, -5});
  CHECK(near(value(standard("sum"), {x}), scalar(12.0), 0));
  CHECK(near(value(standard("mean"), {x}), scalar(2.0), 0));
  CHECK(near(value(standard("max"), {x}), scalar(8.0), 0));
  CHECK(near(value(standard("min"), {x}), scalar(-5.0), 0));
  CHECK(near(value(standard("sum", {{"axis", 0.0}}), {x}), vector({5, 6, 1}), 0));
  CHECK(near(value(standard("sum", {{"axis", -1.0}}), {x}), vector({5, 7}), 0));
  CHECK(near(value(over("mean", {0}, true), {x}), tensor({1, 3}, {2.5, 3, 0.5}), 0));
  CHECK(near(value(over("max", {1}), {x}), vector({6, 8}), 0));
  CHECK(near(value(over("min", {1}, true), {x}), tensor({2, 1}, {-2, -5}), 0));
  CHECK(near(value(over("sum", {0, -1}), {x}), scalar(12.0), 0));
}

TEST_CASE("sum, mean, max, min: gradients agree with central differences over any axes") {
  for (const char* name : all) {
    for (const bool keepdims : {false, true}) {
      for (const std::vector<double>& axes :
           std::vector<std::vector<double>>{{0}, {1}, {-1}, {0, 2}, {2, 0}, {0, 1, 2}, {}}) {
        check_layer(over(name, axes, keepdims), {distinct({2, 3, 5})});
      }
    }
    check_layer(standard(name), {distinct({3, 5})});
    check_layer(standard(name), {scalar(2.5)});
  }
}

TEST_CASE("sum: keeps what a plain sum loses") {
  CHECK(value(standard("sum"), {vector({1, 1e100, 1, -1e100})}).data()[0] == 2);
  CHECK(value(standard("sum"), {vector({INFINITY, 1, 2})}).data()[0] == INFINITY);
  CHECK(std::isnan(value(standard("sum"), {vector({INFINITY, -INFINITY})}).data()[0]));
  CHECK(std::isnan(value(standard("sum"), {vector({1, std::nan(""), 2})}).data()[0]));
}

TEST_CASE("max, min: NaN anywhere comes through") {
  for (const char* name : {"max", "min"}) {
    for (const std::vector<double>& x : std::vector<std::vector<double>>{
             {std::nan(""), 1, 2}, {1, std::nan(""), 2}, {2, 1, std::nan("")}}) {
      CHECK(std::isnan(value(standard(name), {vector(x)}).data()[0]));
    }
  }
}

TEST_CASE("max, min: the gradient goes to the first of equal winners") {
  const Tensors<double> up{vector({5, 7})};
  const Tensor x = tensor({2, 3}, {1, 3, 3, 2, 2, 1});
  CHECK(
      near(gradients<double>(over("max", {1}), {x}, up)[0], tensor({2, 3}, {0, 5, 0, 7, 0, 0}), 0));
  CHECK(
      near(gradients<double>(over("min", {1}), {x}, up)[0], tensor({2, 3}, {5, 0, 0, 0, 0, 7}), 0));
}

TEST_CASE("max: all entries within the widths of the winner tie with it") {
  const double w = 0x1p-40;
  const Tensor x = tensor({2, 4}, {1, 4 - 2 * w, 4, 4 - 2.001 * w, 0, 1, 2, 3});
  const std::vector<Tie> found = ties(over("max", {1}), {x}, w);
  REQUIRE(found.size() == 1);
  CHECK(found[0].site == 0);
  CHECK(found[0].pieces == Branches{1, 2});
  REQUIRE(found[0].entries.size() == 2);
  CHECK(found[0].entries[0].entry == 1);
  CHECK(found[0].entries[1].entry == 2);
  CHECK(ties(over("max", {1}), {x}, 0).empty());
}

TEST_CASE("max: exactly equal entries tie, in the places of their group") {
  const Tensor x = tensor({3, 2}, {1, 5, 1, 4, 0, 5});
  const std::vector<Tie> found = ties(over("max", {0}), {x}, 0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].pieces == Branches{0, 1});
  CHECK(found[1].site == 1);
  CHECK(found[1].pieces == Branches{0, 2});
  CHECK(found[1].entries[1].entry == 5);
  CHECK(ties(standard("max"), {tensor({2}, {INFINITY, INFINITY})}, 0).size() == 1);
}

TEST_CASE("max: a held winner stays the winner") {
  const LayerPtr max = over("max", {0});
  const Tensor x = tensor({3, 2}, {1, 5, 1, 4, 0, 5});
  check_branches(max, {x});
  CHECK(branches(max, {x}) == Branches{0, 0});
  const std::vector<const Tensor*> in{&x};
  CHECK(near(max->forward_along({2, 1}, Inputs<double>(in))[0], vector({0, 4}), 0));
}

TEST_CASE("sum, mean, max, min: axes that are not there, or twice, are refused") {
  for (const std::string name : {"sum", "mean", "max", "min"}) {
    CHECK(refusal(over(name, {2}), std::vector<Shape>{{2, 3}}) ==
          name + ": axis has 2, expected an integer from -2 to 1");
    CHECK(refusal(over(name, {-3}), std::vector<Shape>{{2, 3}}) ==
          name + ": axis has -3, expected an integer from -2 to 1");
    CHECK(refusal(over(name, {0, -2}), std::vector<Shape>{{2, 3}}) ==
          name + ": axis has -2 again, expected each axis once");
    CHECK(refusal(over(name, {0}), std::vector<Shape>{{}}) ==
          name + ": axis has 0, expected none, for a scalar has no axes");
    CHECK(refused_settings(name, {{"axis", 0.5}}) ==
          name + ": axis has 0.5, expected an integer or a list of integers");
    CHECK(refused_settings(name, {{"keepdims", 1.0}}) ==
          name + ": keepdims has 1, expected true or false");
    CHECK(refused_settings(name, {{"dim", 0.0}}) ==
          name + ": unknown setting 'dim', did you mean 'axis'?");
  }
}

TEST_CASE("mean, max, min: nothing to reduce is refused, though a sum of nothing is 0") {
  CHECK(near(value(over("sum", {1}), {zeros<double>({2, 0})}), vector({0, 0}), 0));
  for (const std::string name : {"mean", "max", "min"}) {
    CHECK(refusal(over(name, {1}), std::vector<Shape>{{2, 0}}) ==
          name + ": x has shape (2, 0), expected at least one entry along the reduced axes");
    CHECK(refusal(over(name, {1}), std::vector<Shape>{{0, 2}}) == "");
  }
}
