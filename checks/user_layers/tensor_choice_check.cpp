#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>
#include <gradcheck/user_layers/tensor_choice.hpp>

using namespace gradcheck;

namespace {

struct Scaled {
  std::vector<double> w{0.5, -2}, dw{0, 0}, x{};
  std::vector<double> forward(const std::vector<double>& given) {
    x = given;
    return {x[0] * w[0], x[1] * w[1]};
  }
  std::vector<double> backward(const std::vector<double>& dy) {
    dw = {x[0] * dy[0], x[1] * dy[1]};
    return {w[0] * dy[0], w[1] * dy[1]};
  }
  auto parameters() { return std::vector{ParameterRef{"w", w, dw}}; }
};

const std::vector<double> point{0.3, -1.2};

std::string error_of(LayerOptions options) {
  Scaled layer;
  options.inputs = {point};
  const Report report = check_layer(layer, options);
  return report.cases[0].error ? report.cases[0].error->message : "";
}

}  // namespace

TEST_CASE("tensor choice: a name that no tensor has is an error that lists those there are") {
  CHECK(error_of({.only = {"dw"}}) ==
        "Scaled: only has <dw>, expected a name or glob of the tensors with a gradient: x, w");
  CHECK(error_of({.skip = {"y*"}}) ==
        "Scaled: skip has <y*>, expected a name or glob of the tensors with a gradient: x, w");
  CHECK(error_of({.rtols = {{"b", 1e-5}}}) ==
        "Scaled: rtols has <b>, expected a name or glob of the tensors with a gradient: x, w");
}

TEST_CASE("tensor choice: a tolerance or limit that is none is an error") {
  CHECK(error_of({.rtols = {{"w", -1}}}) ==
        "Scaled: the rtol of w has <-1>, expected a finite number above 0");
  CHECK(error_of({.max_seconds = -2}) ==
        "Scaled: max_seconds has <-2>, expected a finite number above 0, or 0 for no limit");
  CHECK(error_of({.skip = {"*"}}) ==
        "Scaled: only and skip has <nothing to check>, expected some of x, w");
}

TEST_CASE("tensor choice: names and globs choose, and the first tolerance that fits holds") {
  const LayerOptions options{.only = {"layer*", "b[0]"},
                             .skip = {"*.bias"},
                             .rtols = {{"layer1.*", 1e-4}, {"layer*", 1e-3}}};
  CHECK(is_chosen(options, "layer1.weight"));
  CHECK(is_chosen(options, "b[0]"));
  CHECK_FALSE(is_chosen(options, "layer1.bias"));
  CHECK_FALSE(is_chosen(options, "x"));
  CHECK(rtol_of(options, "layer1.weight") == 1e-4);
  CHECK(rtol_of(options, "layer2.weight") == 1e-3);
  CHECK(rtol_of(options, "x") == options.check.rtol);
}

TEST_CASE("reference: an object's forward, with its parameters, or a callable") {
  Scaled layer;
  const ForwardRef object = layer;
  CHECK(object.layer->parameter_names() == std::vector<std::string>{"w"});
  object.layer->set_parameter(0, tensor_of({2}, std::vector<double>{3, 4}));
  const Tensor x = tensor_of({2}, point);
  const std::vector<const Tensor*> inputs{&x};
  CHECK(object.layer->forward(inputs)[0](1) == doctest::Approx(-4.8));

  const ForwardRef callable = [](const std::vector<double>& given) { return given[0] + given[1]; };
  CHECK(callable.layer->forward(inputs)[0](0) == doctest::Approx(-0.9));
  CHECK_THROWS_WITH_AS(callable.layer->backward({}), doctest::Contains("backward has none"), Error);
  CHECK_FALSE(ForwardRef{});
}
