#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

Specimen curved(std::string name, std::string call, Given x, std::vector<Defect> defects,
                std::string group = "curvature") {
  Specimen specimen =
      under_upstream(std::move(name), std::move(call), std::move(x), std::move(defects));
  specimen.group = std::move(group);
  return specimen;
}

/// Entries given one by one, filled up to a (3, 5) point with ordinary ones.
Given among_ordinary(std::vector<double> entries) {
  return starting(uniform("x", {3, 5}, 0.5, 2), std::move(entries));
}

std::vector<Specimen> curvature() {
  const Given x = both_signs("x", {3, 5});
  return {
      curved("exp(20x)", "exp(20 * x)", both_signs("x", {3, 5}, 0.1, 0.4),
             {{"relative 1e-6", {"exp"}, scaled_entry(6, 1 + 1e-6)},
              {"missing factor", {"multiply", 0}, scaled(0.05, 1)}}),
      curved("exp(20x) over 26 orders of magnitude", "exp(20 * x)",
             both_signs("x", {3, 5}, 0.3, 1.5),
             {{"relative 1e-6", {"exp"}, scaled(1 + 1e-6)},
              {"missing factor", {"multiply", 0}, scaled(0.05, 1)}}),
      curved("sin(100x)", "sin(100 * x)", x,
             {{"relative 1e-6", {"sin"}, scaled_entry(3, 1 + 1e-6)},
              {"sign", {"sin"}, negated()},
              {"wrong branch", {"sin"}, slope([](auto v, auto) { return std::sin(v); })}}),
      curved("cos(1000x)", "cos(1000 * x)", x,
             {{"relative 1e-5", {"cos"}, scaled(1 + 1e-5)}, {"sign", {"cos"}, negated()}}),
      curved("sin(x) at 1e4", "sin(x)", normal("x", {3, 5}, 1, 1e4),
             {{"wrong argument", {"sin"}, at_shift(0.01)},
              {"relative 1e-5", {"sin"}, scaled_entry(1, 1 + 1e-5)}}),
      curved("x to the 9th", "x ** 9", x,
             {{"wrong constant", {"power"}, scaled(8.0 / 9)},
              {"relative 1e-6", {"power"}, scaled_entry(2, 1 + 1e-6)}}),
      curved(
          "a narrow bell", "exp(-100 * square(x))", both_signs("x", {3, 5}, 0.02, 0.3),
          {{"sign", {"square"}, negated()}, {"relative 1e-5", {"exp"}, scaled_entry(9, 1 + 1e-5)}}),
      curved("a steep sigmoid", "sigmoid(50 * x)", both_signs("x", {3, 5}, 0.01, 0.3),
             {{"missing factor", {"sigmoid"}, slope([](auto, auto y) { return y; })},
              {"relative 1e-6", {"sigmoid"}, scaled_entry(4, 1 + 1e-6)}}),
      curved("exp(sin(30x))", "exp(sin(30 * x))", x,
             {{"wrong argument", {"exp"}, slope([](auto v, auto) { return v; })},
              {"relative 1e-6", {"sin"}, scaled_entry(11, 1 + 1e-6)}}),
      curved("a chirp sin(x ** 4)", "sin(square(square(3 * x)))", both_signs("x", {3, 5}, 0.3, 1),
             {{"missing factor", {"square", 1}, scaled(0.5)},
              {"relative 1e-5", {"sin"}, scaled_entry(8, 1 + 1e-5)}}),
      curved("a sharp corner sqrt(x ** 2 + 1e-12)", "sqrt(square(x) + 1e-12)",
             starting(both_signs("x", {3, 5}), {1e-6, -2e-6, 1e-5, 0, 1e-7}),
             {{"sign", {"square"}, scaled_entry(1, -1)},
              {"relative 1e-3", {"sqrt"}, scaled_entry(0, 1.001)},
              {"missing epsilon", {"sqrt"}, at_shift(1e-12)}}),
      curved("a ripple of length 6e-10", "x + 1e-9 * sin(1e10 * x)", x,
             {{"sign", {"sin"}, negated()}, {"relative 1e-3", {"sin"}, scaled_entry(4, 1.001)}}),
      curved("exp of a large sum", "exp(x - 50)", normal("x", {3, 5}, 3, 60),
             {{"relative 1e-6", {"exp"}, scaled_entry(7, 1 + 1e-6)},
              {"sign", {"subtract"}, scaled(-1, 0)}}),
  };
}

std::vector<Specimen> domain_edges() {
  const std::string edge = "domain edge";
  const Given tiny = among_ordinary({1e-8, 1e-6, 1e-3, 3e-8});
  const Defect one{"relative 1e-6", {"log"}, scaled_entry(0, 1 + 1e-6)};
  return {
      curved("log near 0", "log(x)", tiny,
             {one, {"missing epsilon", {"log"}, at_shift(1e-9)}, {"sign", {"log"}, negated()}},
             edge),
      curved("log at 1e-300", "log(x)", among_ordinary({1e-300, 1e-100, 1e-30}),
             {{"scale", {"log"}, scaled_entry(0, 1.01)}, {"sign", {"log"}, scaled_entry(1, -1)}},
             edge),
      curved("sqrt near 0", "sqrt(x)", tiny,
             {{"relative 1e-6", {"sqrt"}, scaled_entry(0, 1 + 1e-6)},
              {"missing epsilon", {"sqrt"}, at_shift(1e-10)},
              {"missing factor", {"sqrt"}, scaled(2)}},
             edge),
      curved("1/x near 0", "1 / x", among_ordinary({1e-8, -1e-8, 1e-6, -3e-7}),
             {{"relative 1e-6", {"divide"}, scaled_entry(0, 1 + 1e-6, 1)},
              {"sign", {"divide"}, negated(1)}},
             edge),
      curved("reciprocal near 0", "reciprocal(x)", among_ordinary({1e-8, -1e-8, 1e-6}),
             {{"missing epsilon", {"reciprocal"}, at_shift(1e-12)},
              {"wrong argument", {"reciprocal"}, slope([](auto, auto y) { return y; })}},
             edge),
      curved("x ** 1.5 near 0", "x ** 1.5", tiny,
             {{"missing factor", {"power"}, scaled(1 / 1.5)},
              {"relative 1e-5", {"power"}, scaled_entry(3, 1 + 1e-5)}},
             edge),
      curved("x ** 2.5 at 0", "x ** 2.5", among_ordinary({0, 1e-4, 0}),
             {{"gross", {"power"}, shifted(0.1)},
              {"relative 1e-5", {"power"}, scaled_entry(5, 1 + 1e-5)}},
             edge),
      curved("log(1 - x) near 1", "log(1 - x)",
             starting(uniform("x", {3, 5}, 0.1, 0.9), {1 - 1e-8, 1 - 1e-5, 0.999}),
             {{"sign", {"subtract"}, negated(1)},
              {"relative 1e-5", {"log"}, scaled_entry(0, 1 + 1e-5)}},
             edge),
      curved("x log x near 0", "x * log(x)", tiny,
             {{"missing term", {"multiply", 0}, dropped(1)},
              {"relative 1e-5", {"log"}, scaled_entry(0, 1 + 1e-5)}},
             edge),
      curved("a norm near 0", "x / sqrt(sum(square(x), axis=1, keepdims=true))",
             starting(normal("x", {3, 5}), {1e-8, -2e-8, 1e-8, 3e-8, 1e-8}),
             {{"missing term", {"divide"}, dropped(1)},
              {"relative 1e-6", {"sqrt"}, scaled_entry(0, 1 + 1e-6)}},
             edge),
  };
}

}  // namespace

std::vector<Specimen> curvature_specimens() {
  std::vector<Specimen> all = curvature();
  const std::vector<Specimen> more = domain_edges();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace gradcheck::defects
