#include <cmath>
#include <numbers>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

const Given x = both_signs("x", {3, 5}, 0.3, 2);
const Given positive = uniform("x", {3, 5}, 0.3, 3);
const Given fractions = both_signs("x", {3, 5}, 0.1, 0.9);

std::vector<Specimen> logarithms() {
  return {
      under_upstream("log1p", "log1p(x)", positive,
                     {{"wrong argument", {"log1p"}, slope([](auto v, auto) { return 1 / v; })},
                      {"relative 1e-6", {"log1p"}, scaled_entry(5, 1 - 1e-6)}}),
      under_upstream("expm1", "expm1(x)", x,
                     {{"wrong argument",
                       {"expm1"},
                       slope([](auto, auto y) { return y; }),
                       false,
                       "y for y + 1"},
                      {"sign", {"expm1"}, magnitude()}}),
      under_upstream("log10", "log10(x)", positive,
                     {{"missing factor", {"log10"}, slope([](auto v, auto) { return 1 / v; })},
                      {"wrong constant", {"log10"}, slope([](auto v, auto) {
                         return 1 / (v * static_cast<decltype(v)>(2.303L));
                       })}}),
      under_upstream(
          "erf", "erf(x)", x,
          {{"missing factor", {"erf"}, slope([](auto v, auto) { return std::exp(-v * v); })},
           {"wrong argument", {"erf"}, slope([](auto v, auto) {
              return 2 * std::numbers::inv_sqrtpi_v<decltype(v)> * std::exp(-v * v / 2);
            })}}),
  };
}

std::vector<Specimen> circular() {
  return {
      under_upstream("tan", "tan(x)", fractions,
                     {{"missing term", {"tan"}, slope([](auto, auto y) { return y * y; })},
                      {"sign", {"tan"}, slope([](auto, auto y) { return 1 - y * y; })}}),
      under_upstream(
          "asin", "asin(x)", fractions,
          {{"missing root", {"asin"}, slope([](auto v, auto) { return 1 / (1 - v * v); })},
           {"wrong sign inside", {"asin"}, slope([](auto v, auto) {
              return 1 / std::sqrt(1 + v * v);
            })}}),
      under_upstream(
          "acos", "acos(x)", fractions,
          {{"sign", {"acos"}, negated()},
           {"missing root", {"acos"}, slope([](auto v, auto) { return -1 / (1 - v * v); })}}),
      under_upstream(
          "atan", "atan(x)", x,
          {{"wrong argument", {"atan"}, slope([](auto, auto y) { return 1 / (1 + y * y); })},
           {"extra root", {"atan"}, slope([](auto v, auto) { return 1 / std::sqrt(1 + v * v); })}}),
      under_upstream("sinh", "sinh(x)", x,
                     {{"wrong derivative", {"sinh"}, slope([](auto, auto y) { return y; })},
                      {"one entry only", {"sinh"}, scaled_entry(4, 1 + 1e-6)}}),
      under_upstream("cosh", "cosh(x)", x,
                     {{"sign", {"cosh"}, negated()},
                      {"wrong derivative", {"cosh"}, slope([](auto, auto y) { return y; })}}),
  };
}

/// A step function passed on as if it were the identity.
Alteration straight_through() {
  return [](auto& call) { call.dx[0] = call.dy[0]; };
}

std::vector<Specimen> steps() {
  const Given u = fixed(both_signs("u", {3, 5}));
  const auto step = [&](const std::string& name) {
    return Specimen{name,
                    "clean",
                    "L = sum(u * x * " + name + "(x))",
                    {x, u},
                    {{"straight through", {name}, straight_through(), true},
                     {"wrong derivative",
                      {name},
                      [](auto& call) {
                        for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
                          const auto v = call.x[0]->data()[i];
                          call.dx[0].data()[i] = call.dy[0].data()[i] / std::cosh(v);
                        }
                      },
                      true}},
                    {}};
  };
  return {step("floor"), step("sign")};
}

}  // namespace

std::vector<Specimen> elementary_specimens() {
  std::vector<Specimen> all = logarithms();
  for (const auto& family : {circular(), steps()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
