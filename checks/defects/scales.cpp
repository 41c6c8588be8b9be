#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

std::vector<Given> small_network() {
  return {normal("x", {5, 3}), normal("W", {3, 4}), normal("b", {4}), normal("V", {4, 2}),
          fixed(normal("t", {5, 2}))};
}

/// A two-layer network, its loss `loss` written in terms of its plain loss E.
Specimen two_layers(std::string name, const std::string& loss, std::vector<Defect> defects,
                    std::string group = "scale") {
  return {std::move(name),
          std::move(group),
          "h = tanh(affine(x, W, b)); E = half_squared_error(h @ V, t); L = " + loss,
          small_network(),
          std::move(defects),
          {}};
}

std::vector<Specimen> loss_scales() {
  const Defect transpose{"transpose", {"affine"}, transposed(1)};
  const Defect batch{"missing batch sum", {"affine"}, last_row_only(2)};
  const Defect fine{"relative 1e-6", {"affine"}, scaled_entry(5, 1 + 1e-6, 1)};
  const Defect coarse{"relative 1e-3", {"affine"}, scaled_entry(5, 1.001, 1)};
  const Defect sign{"sign", {"affine"}, negated(2)};
  return {
      two_layers("loss times 1e8", "1e8 * E", {transpose, batch, fine}),
      two_layers("loss times 1e-8", "1e-8 * E", {sign, batch, fine}),
      two_layers("loss times 1e-12", "1e-12 * E", {sign, coarse, fine}),
      two_layers("loss times 1e-100", "1e-100 * E", {sign, fine}),
      two_layers("loss times 1e100", "1e100 * E", {transpose, fine}),
      two_layers("loss plus 1e8", "E + 1e8", {sign, coarse, fine}),
      two_layers("loss plus 1e8, gradients of 1e-4", "1e-4 * E + 1e8", {sign, coarse}),
      two_layers("loss plus 1e3", "1e3 + E", {batch, fine}),
      // Of single entries, some are too small for an error of 1e-3 to be seen beside a loss of 5.
      two_layers("gradients of 1e-12 in a network of scale 1", "sum(softmax(h)) + 1e-12 * E",
                 {sign, {"relative 1e-3", {"affine"}, scaled(1.001, 1)}}),
  };
}

std::vector<Specimen> input_scales() {
  const auto in_units = [](const char* name, double unit, const std::string& fold) {
    return Specimen{name,
                    "scale",
                    "h = sigmoid((x * " + fold + ") @ W + b); L = softmax_cross_entropy(h @ V, t)",
                    {normal("x", {5, 3}, unit), normal("W", {3, 4}), normal("b", {4}),
                     normal("V", {4, 3}), labels("t", 5, 3)},
                    {{"missing batch sum", {"add"}, last_row_only(1)},
                     {"missing factor", {"multiply"}, scaled(2)},
                     {"relative 1e-6", {"matmul", 0}, scaled_entry(7, 1 + 1e-6, 0)}},
                    {}};
  };
  return {
      in_units("inputs in units of 1e8", 1e8, "1e-8"),
      in_units("inputs in units of 1e-8", 1e-8, "1e8"),
      {"weights in units of 1e-6 and 1e6",
       "scale",
       "L = half_squared_error((x @ W) @ V, t)",
       {normal("x", {4, 3}), normal("W", {3, 5}, 1e-6), normal("V", {5, 2}, 1e6),
        fixed(normal("t", {4, 2}))},
       {{"transpose", {"matmul", 1}, transposed(1)},
        {"relative 1e-6", {"matmul", 0}, scaled_entry(1, 1 - 1e-6, 1)}},
       {}},
      {"entries of 1e-9 and 1 in one tensor",
       "scale",
       "L = sum(u * sin(x)) + sum(v * x ** 3)",
       {values("x", {2, 4}, {1, 1e-9, -2, 3e-9, 1e-7, 0.5, -1e-8, 1}),
        fixed(both_signs("u", {2, 4})), fixed(both_signs("v", {2, 4}))},
       {{"sign", {"sin"}, scaled_entry(1, -1)},
        {"relative 1e-6", {"sin"}, scaled_entry(3, 1 + 1e-6)},
        {"one entry only", {"power"}, scaled_entry(5, 1.001)}},
       {}},
      {"gradients of 1e-9 and 1 in one tensor",
       "scale",
       "L = sum(s * square(x))",
       {both_signs("x", {2, 3}), fixed(values("s", {2, 3}, {1, 1e-9, 1e-5, 1e-9, 1, 1e-7}))},
       {{"sign", {"square"}, scaled_entry(1, -1)},
        {"relative 1e-3", {"square"}, scaled_entry(3, 1.001)},
        {"one entry only", {"square"}, scaled_entry(5, 1 + 1e-5)}},
       {}},
      {"weights of 1e-12 beside 1",
       "scale",
       "L = sum(exp(x @ W))",
       {normal("x", {3, 2}), values("W", {2, 2}, {1e-12, 1, -0.5, -1e-12})},
       {{"sign", {"matmul"}, scaled_entry(0, -1, 1)},
        {"relative 1e-6", {"matmul"}, scaled_entry(3, 1 + 1e-6, 1)}},
       {}},
  };
}

std::vector<Specimen> cancellation() {
  const Given x = normal("x", {7});
  return {
      {"variance of numbers near 1e4",
       "cancellation",
       "m = mean(x); L = mean((x - m) ** 2)",
       {normal("x", {7}, 1, 1e4)},
       {{"missing factor", {"power"}, scaled(0.5)},
        {"relative 1e-3", {"subtract"}, scaled_entry(3, 1.001)}},
       {}},
      {"variance as a difference of two means",
       "cancellation",
       "L = mean(x ** 2) - mean(x) ** 2",
       {normal("x", {7}, 1, 1e3)},
       {{"missing factor", {"power", 0}, scaled_entry(2, 0.5)},
        {"relative 1e-3", {"mean", 0}, scaled_entry(2, 1.001)}},
       {}},
      {"a sum that nearly cancels",
       "cancellation",
       "L = sum(exp(x) - exp(x + 1e-7))",
       {x},
       {{"relative 1e-5", {"exp", 0}, scaled_entry(1, 1 + 1e-5)},
        {"sign", {"subtract"}, negated(1)}},
       {}},
      {"1 - cos(x) near 0",
       "cancellation",
       "L = sum(1 - cos(1e-4 * x))",
       {x},
       {{"sign", {"cos"}, negated()}, {"relative 1e-3", {"cos"}, scaled(1.001)}},
       {}},
      {"sqrt(1 + x) - 1 near 0",
       "cancellation",
       "L = sum(v * (sqrt(1 + 1e-8 * x) - 1))",
       {x, fixed(both_signs("v", {7}))},
       {{"missing factor", {"sqrt"}, scaled(2)}, {"relative 1e-5", {"sqrt"}, scaled(1 + 1e-5)}},
       {}},
      {"numbers near 1e6 that cancel",
       "cancellation",
       "L = sum(v * sin((x + 1e6) - 1e6))",
       {x, fixed(both_signs("v", {7}))},
       {{"sign", {"sin"}, negated()}, {"relative 1e-5", {"sin"}, scaled_entry(2, 1 + 1e-5)}},
       {}},
      {"a gradient that is zero by cancellation",
       "cancellation",
       "L = sum(v * x) - sum(v * x * 3) / 3 + sum(x[0:2] ** 2)",
       {x, fixed(both_signs("v", {7}))},
       {{"sign", {"divide"}, negated()}, {"relative 1e-6", {"divide"}, scaled(1 + 1e-6)}},
       {}},
      {"softmax of nearly equal scores",
       "cancellation",
       "L = sum(u * softmax(1e-6 * x))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"missing term", {"softmax"}, slope([](auto, auto y) { return y; })},
        {"relative 1e-3", {"softmax"}, scaled(1.001)}},
       {}},
      {"scores shared by a shift of 1e3",
       "cancellation",
       "L = softmax_cross_entropy(z + 1e3, t)",
       {normal("z", {4, 3}), labels("t", 4, 3)},
       {{"averaged over batch", {"softmax_cross_entropy"}, scaled(4)},
        {"relative 1e-5", {"softmax_cross_entropy"}, scaled_entry(4, 1 + 1e-5)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> scale_specimens() {
  std::vector<Specimen> all = loss_scales();
  for (const auto& family : {input_scales(), cancellation()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
