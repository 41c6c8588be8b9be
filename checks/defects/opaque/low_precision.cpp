#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

const auto square = elementwise([](auto x) { return x * x; }, [](auto x) { return 2 * x; });
const auto sine =
    elementwise([](auto x) { return std::sin(x); }, [](auto x) { return std::cos(x); });
const auto steep = elementwise([](auto x) { return std::tanh(3 * x); },
                               [](auto x) {
                                 const auto c = std::cosh(3 * x);
                                 return 3 / (c * c);
                               });
const auto exponential =
    elementwise([](auto x) { return std::exp(x); }, [](auto x) { return std::exp(x); });
const auto gelu =
    elementwise([](auto x) { return x / 2 * (1 + std::erf(x / std::sqrt(as(x, 2)))); },
                [](auto x) {
                  return (1 + std::erf(x / std::sqrt(as(x, 2)))) / 2 +
                         x * as(x, 0.39894228040143267794L) * std::exp(-x * x / 2);
                });

Specimen low(const std::string& name, const std::string& group, Body body, std::vector<Given> given,
             std::vector<Fault> faults = {"sign", "factor 2", "1 %", "one entry"}) {
  Specimen specimen{name, group};
  specimen.body = std::move(body);
  specimen.given = std::move(given);
  specimen.faults = std::move(faults);
  return specimen;
}

const Given numbers{"x", {6}, within(0.2, 1.3, true)};
const std::vector<Given> matrices{{"x", {3, 4}, within(0.3, 1.5, true)},
                                  {"W", {4, 2}, within(0.3, 1.5, true)},
                                  {"b", {2}, within(0.3, 1.5, true)}};

/// Numbers that half precision holds.
const Draw halves = [](Random& random, std::size_t count) {
  std::vector<double> x(count);
  for (double& each : x) {
    each = to_half(random.signed_number());
  }
  return x;
};

void float32_inside(std::vector<Specimen>& list) {
  const auto inside = [&](const char* name, const auto& kernel, std::vector<Given> given) {
    list.push_back(in_float64(low(std::string(name) + ", float32 inside", "float32 inside",
                                  body_of(in_float32_inside(kernel)), std::move(given))));
  };
  inside("x*x", square, {numbers});
  inside("sin(x)", sine, {numbers});
  inside("tanh(3x)", steep, {numbers});
  inside("exp(x)", exponential, {numbers});
  inside("GELU", gelu, {numbers});
  inside("affine map", Affine{}, matrices);
  inside("softmax", Softmax{}, {matrices[0]});
  inside("layer norm", LayerNorm{},
         {matrices[0], {"g", {4}, within(0.5, 2, true)}, {"b", {4}, within(0.5, 2, true)}});
}

void half_precision(std::vector<Specimen>& list) {
  const auto half = [&](const char* name, const auto& kernel, std::vector<Given> given,
                        bool inputs) {
    for (Given& each : given) {
      each.draw = inputs ? halves : each.draw;
    }
    const Specimen specimen = low(
        fmt::format("{}, {} in half precision", name, inputs ? "all" : "outputs"), "half precision",
        body_of(stored_in_half(kernel, inputs)), given, {"sign", "factor 2", "zero"});
    list.push_back(in_float64(specimen));
    list.push_back(in_float32(specimen));
  };
  half("sin(x)", sine, {numbers}, false);
  half("x*x", square, {numbers}, true);
  half("exp(x)", exponential, {numbers}, true);
  half("affine map", Affine{}, matrices, false);
  half("softmax", Softmax{}, {matrices[0]}, false);
}

}  // namespace

std::vector<Specimen> low_precision_specimens() {
  std::vector<Specimen> list;
  float32_inside(list);
  half_precision(list);
  return list;
}

}  // namespace gradcheck::defects::opaque
