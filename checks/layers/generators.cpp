#include <gradcheck/layers/generators.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using List = std::vector<double>;

}  // namespace

TEST_CASE("zeros, ones, full, eye: values agree with NumPy") {
  CHECK(near(value(standard("zeros", {{"shape", List{2, 3}}}), {}), zeros<double>({2, 3}), 0));
  CHECK(near(value(standard("ones", {{"shape", 3.0}}), {}), vector({1, 1, 1}), 0));
  CHECK(near(value(standard("full", {{"shape", List{}}, {"value", 2.5}}), {}), scalar(2.5), 0));
  CHECK(near(value(standard("eye", {{"n", 2.0}}), {}), tensor({2, 2}, {1, 0, 0, 1}), 0));
  CHECK(near(value(standard("eye", {{"n", 2.0}, {"m", 3.0}}), {}),
             tensor({2, 3}, {1, 0, 0, 0, 1, 0}), 0));
  CHECK(value(standard("zeros", {{"shape", List{0, 3}}}), {}).size() == 0);
}

TEST_CASE("one_hot: values agree with hand computation, and no gradient flows") {
  const LayerPtr layer = standard("one_hot", {{"num_classes", 3.0}});
  const Tensor t = tensor({2, 2}, {0, 2, 1, 0});
  CHECK(near(value(layer, {t}), tensor({2, 2, 3}, {1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0}), 0));
  CHECK_FALSE(layer->differentiable(0));
  check_values(layer, {t});
}

TEST_CASE("generators: impossible shapes and labels are refused") {
  CHECK(refused_settings("zeros", {}) ==
        "zeros: shape has no value, expected an integer or a list of integers");
  CHECK(refused_settings("zeros", {{"shape", List{2, -1}}}) ==
        "zeros: shape has -1, expected an integer from 0 up");
  CHECK(refused_settings("ones", {{"shape", List(33, 1)}}) ==
        "ones: shape has 33 axes, expected 32 at most");
  CHECK(refused_settings("eye", {{"n", -2.0}}) == "eye: n has -2, expected an integer from 0 up");
  CHECK(refused_settings("one_hot", {{"num_classes", 0.0}}) ==
        "one_hot: num_classes has 0, expected an integer from 1 up");
  CHECK_THROWS_AS(value(standard("zeros", {{"shape", List{1e6, 1e6}}}), {}), ShapeError);
  CHECK(refusal(standard("one_hot", {{"num_classes", 3.0}}), Tensors<double>{vector({0, 3})}) ==
        "one_hot: t[1] has label 3, expected an integer from 0 to 2");
}
