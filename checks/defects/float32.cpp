#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// What is planted in a layer of a float32 specimen.
struct Place {
  Uses uses;
  std::size_t slot = 0;
  bool fine = true;  ///< whether float32 leaves the differences there more than three digits
};

/// The largest entry of dx[slot] times a factor: a small one may be lost in the rounding of others.
/// One that comes within a hundredth of it gets a part of the factor, so that the fault does not
/// leap from one entry to another nearby, which would look like rounding.
Alteration scaled_largest(double factor, std::size_t slot) {
  return [=](auto& call) {
    using Real = std::remove_cvref_t<decltype(call.dx[slot].data()[0])>;
    const Real largest = max_abs(call.dx[slot]);
    for (Real& entry : entries(call.dx[slot])) {
      const Real share = std::exp(100 * (std::abs(entry) / largest - 1));
      entry *= 1 + static_cast<Real>(factor - 1) * (largest == 0 ? Real(0) : share);
    }
  };
}

/// A network of which these layers calculate in float32, with three wrong backwards at each place.
Specimen specimen(std::string name, std::string network, std::vector<Given> given,
                  std::vector<std::string> in_float32, const std::vector<Place>& places) {
  std::vector<Defect> defects;
  for (const Place& place : places) {
    const std::string where = "input " + std::to_string(place.slot) + ", use " +
                              std::to_string(std::max(place.uses.nth, 0));
    if (place.fine) {
      defects.push_back({"float32, 1e-3 in one entry", place.uses,
                         scaled_largest(1.001, place.slot), false, where});
    }
    defects.push_back({"float32, sign", place.uses, negated(place.slot), false, where});
    defects.push_back({"float32, factor", place.uses, scaled(2, place.slot), false, where});
  }
  return {"float32: " + std::move(name),
          "float32",
          std::move(network),
          std::move(given),
          std::move(defects),
          {},
          std::move(in_float32)};
}

/// u · f(x), with f in float32 and the rest in double.
Specimen alone(const std::string& layer, Given x) {
  return specimen(layer, "L = sum(u * " + layer + "(x))",
                  {std::move(x), fixed(both_signs("u", {3, 5}))}, {layer}, {{{layer}, 0}});
}

std::vector<Specimen> functions() {
  std::vector<Specimen> all;
  for (const char* name : {"sigmoid", "tanh", "silu", "softplus", "relu", "exp", "square", "sin",
                           "softmax", "log_softmax", "layer_norm"}) {
    all.push_back(alone(name, both_signs("x", {3, 5})));
  }
  for (const char* name : {"log", "sqrt"}) {
    all.push_back(alone(name, uniform("x", {3, 5}, 0.5, 2)));
  }
  for (const char* name : {"sum", "mean"}) {
    const std::string layer = name;
    all.push_back(specimen(layer, "L = " + layer + "(x * x) ** 2", {both_signs("x", {3, 5})},
                           {layer}, {{{layer}, 0}}));
  }
  return all;
}

std::vector<Specimen> products() {
  const Given u = fixed(both_signs("u", {3, 4}));
  const auto binary = [](const std::string& layer, const std::string& symbol) {
    return specimen(layer, "L = sum(square(a " + symbol + " b))",
                    {both_signs("a", {3, 4}), both_signs("b", {4})}, {layer},
                    {{{layer}, 0}, {{layer}, 1}});
  };
  return {binary("add", "+"),
          binary("subtract", "-"),
          binary("divide", "/"),
          specimen("multiply", "L = sum(square(a * b))",
                   {both_signs("a", {3, 4}), both_signs("b", {4})}, {"multiply"},
                   {{{"multiply"}, 0}, {{"multiply"}, 1}}),
          specimen("matmul", "L = sum(u * (x @ W))", {normal("x", {3, 5}), normal("W", {5, 4}), u},
                   {"matmul"}, {{{"matmul"}, 0}, {{"matmul"}, 1}}),
          specimen("affine", "L = sum(u * tanh(affine(x, W, b)))",
                   {normal("x", {3, 5}), normal("W", {5, 4}, 0.4), normal("b", {4}), u}, {"affine"},
                   {{{"affine"}, 0}, {{"affine"}, 1}, {{"affine"}, 2}}),
          specimen("affine with a vector for its result", "y = affine(x, W, b) ** 3",
                   {normal("x", {2, 3}), normal("W", {3, 2}), normal("b", {2})}, {"affine"},
                   {{{"affine"}, 1}})};
}

std::vector<Specimen> losses() {
  const Given z = both_signs("z", {4, 3});
  std::vector<Specimen> all{specimen("softmax_cross_entropy", "L = softmax_cross_entropy(z, t)",
                                     {z, labels("t", 4, 3)}, {"softmax_cross_entropy"},
                                     {{{"softmax_cross_entropy"}, 0}})};
  for (const char* name :
       {"binary_cross_entropy_with_logits", "half_squared_error", "mean_squared_error"}) {
    const std::string layer = name;
    all.push_back(specimen(layer, "L = " + layer + "(z, t)",
                           {z, fixed(uniform("t", {4, 3}, 0.1, 0.9))}, {layer}, {{{layer}, 0}}));
  }
  return all;
}

/// Networks in which everything calculates in float32, or one layer among others in double.
std::vector<Specimen> networks() {
  const std::string classifier =
      "h = tanh(affine(x, W, b)); L = softmax_cross_entropy(affine(h, V, c), t)";
  const std::vector<Given> given{normal("x", {5, 3}), normal("W", {3, 4}, 0.6), normal("b", {4}),
                                 normal("V", {4, 3}), normal("c", {3}),         labels("t", 5, 3)};
  const std::string regression =
      "h1 = relu(x @ W1 + b1); h2 = sigmoid(layer_norm(h1 @ W2)); "
      "L = half_squared_error(h2 @ W3, t)";
  const std::vector<Given> deep{normal("x", {4, 6}),         normal("W1", {6, 8}, 0.4),
                                normal("b1", {8}, 0.1, 0.5), normal("W2", {8, 5}, 0.4),
                                normal("W3", {5, 2}),        fixed(normal("t", {4, 2}))};
  return {
      specimen("a classifier", classifier, given, {"affine", "tanh", "softmax_cross_entropy"},
               {{{"affine", 0}, 1},
                {{"affine", 1}, 1},
                {{"tanh"}, 0, false},
                {{"softmax_cross_entropy"}, 0}}),
      specimen("a classifier with one such layer", classifier, given, {"tanh"},
               {{{"tanh"}, 0}, {{"affine", 0}, 1}, {{"affine", 1}, 1}}),
      specimen("a classifier with such a loss", classifier, given, {"softmax_cross_entropy"},
               {{{"softmax_cross_entropy"}, 0}, {{"tanh"}, 0}}),
      specimen("a deep network", regression, deep,
               {"matmul", "add", "relu", "sigmoid", "layer_norm", "half_squared_error"},
               {{{"matmul", 0}, 1}, {{"matmul", 1}, 1}, {{"layer_norm"}, 0}}),
      specimen("a deep network with one such layer", regression, deep, {"layer_norm"},
               {{{"layer_norm"}, 0}, {{"matmul", 0}, 1}}),
  };
}

/// Points that are hard on few digits.
std::vector<Specimen> tricky_points() {
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      specimen("inputs of 1e6", "L = sum(u * sigmoid(1e-6 * x))",
               {both_signs("x", {3, 5}, 5e5, 2e6), u}, {"multiply", "sigmoid", "sum"},
               {{{"sigmoid"}, 0}}),
      specimen("inputs of 1e-6", "L = sum(u * sigmoid(1e6 * x))",
               {both_signs("x", {3, 5}, 5e-7, 2e-6), u}, {"multiply", "sigmoid", "sum"},
               {{{"sigmoid"}, 0}}),
      specimen("a loss of 1e8", "L = 1e8 * sum(u * tanh(x))", {both_signs("x", {3, 5}), u},
               {"tanh", "sum", "multiply"}, {{{"tanh"}, 0}}),
      specimen("saturated tanh", "L = sum(u * tanh(x))", {both_signs("x", {3, 5}, 3, 5), u},
               {"tanh"}, {{{"tanh"}, 0, false}}),
      specimen("saturated sigmoid", "L = sum(u * sigmoid(x))", {both_signs("x", {3, 5}, 4, 9), u},
               {"sigmoid"}, {{{"sigmoid"}, 0, false}}),
      specimen("a row of one mean", "L = sum(u * layer_norm(x))", {normal("x", {3, 5}, 1, 100), u},
               {"layer_norm"}, {{{"layer_norm"}, 0, false}}),
      specimen("zero inputs", "L = sum(u * tanh(x @ W + b))",
               {filled("x", {3, 4}, 0), normal("W", {4, 5}), filled("b", {5}, 0), u},
               {"matmul", "add", "tanh"}, {{{"matmul"}, 0}, {{"tanh"}, 0}}),
      specimen("log near 0", "L = sum(u * log(x))", {uniform("x", {3, 5}, 1e-5, 1e-3), u}, {"log"},
               {{{"log"}, 0, false}}),
      specimen("one hundred terms", "L = mean(square(x))", {normal("x", {20, 5})},
               {"square", "mean"}, {{{"square"}, 0}}),
  };
}

}  // namespace

std::vector<Specimen> float32_specimens() {
  std::vector<Specimen> all = functions();
  for (const auto& more : {products(), losses(), networks(), tricky_points()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace gradcheck::defects
