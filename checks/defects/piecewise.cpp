#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// On both sides of every corner, and at a distance from them.
const Given x = starting(both_signs("x", {3, 5}, 0.6, 2.8), {-5, 7.5, 0.2, -0.3, 4});

template <class Real>
Real logistic(Real v) {
  return 1 / (1 + std::exp(-v));
}

/// The upstream everywhere: the piece is not asked for.
Alteration unmasked() {
  return [](auto& call) { call.dx[0] = call.dy[0]; };
}

std::vector<Specimen> clipped() {
  return {
      under_upstream("hard_tanh", "hard_tanh(x, -1.5, 2)", x,
                     {{"ignored mask", {"hard_tanh"}, unmasked()},
                      {"wrong branch", {"hard_tanh"}, slope([](auto v, auto) {
                         return std::abs(v) < 1 ? 1 : 0;
                       })}}),
      under_upstream("relu6", "relu6(x)", x,
                     {{"wrong branch",
                       {"relu6"},
                       slope([](auto v, auto) { return v > 0 ? 1 : 0; }),
                       false,
                       "never above 6"},
                      {"ignored mask", {"relu6"}, unmasked()}}),
      under_upstream(
          "hard_sigmoid", "hard_sigmoid(x)", x,
          {{"wrong constant", {"hard_sigmoid"}, scaled(6 * 0.2)},
           {"ignored mask", {"hard_sigmoid"}, slope([](auto v, auto) { return v / v / 6; })}}),
      under_upstream("hardswish", "hardswish(x)", x,
                     {{"missing term", {"hardswish"}, slope([](auto v, auto) {
                         return v < -3 ? 0 * v : v > 3 ? v / v : (v + 3) / 6;
                       })},
                      {"wrong branch", {"hardswish"}, entrywise([](auto v, auto d) {
                         return v > 3 ? 0 : d;
                       })}}),
      under_upstream("softshrink", "softshrink(x, 0.5)", x,
                     {{"ignored mask", {"softshrink"}, unmasked()},
                      {"sign", {"softshrink"}, slope([](auto v, auto) {
                         return v > 0.5 ? 1 : v < -0.5 ? -1 : 0;
                       })}}),
      under_upstream(
          "hardshrink", "hardshrink(x, 0.5)", x,
          {{"ignored mask", {"hardshrink"}, unmasked()},
           {"wrong branch", {"hardshrink"}, slope([](auto v, auto) { return v > 0.5 ? 1 : 0; })}}),
      under_upstream(
          "threshold", "threshold(x, 0.1, -2)", x,
          {{"ignored mask", {"threshold"}, unmasked()},
           {"inverted mask", {"threshold"}, slope([](auto v, auto) { return v > 0.1 ? 0 : 1; })}}),
  };
}

std::vector<Specimen> smooth() {
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      under_upstream("mish", "mish(x)", x,
                     {{"missing term", {"mish"}, slope([](auto v, auto y) { return y / v; })},
                      {"wrong argument", {"mish"}, at_multiple(1 + 1e-6)}}),
      under_upstream(
          "log_sigmoid", "log_sigmoid(x)", x,
          {{"wrong sign inside", {"log_sigmoid"}, slope([](auto v, auto) { return logistic(v); })},
           {"sign", {"log_sigmoid"}, negated()}}),
      under_upstream(
          "tanhshrink", "tanhshrink(x)", x,
          {{"missing term", {"tanhshrink"}, slope([](auto v, auto) { return std::tanh(v); })},
           {"wrong argument", {"tanhshrink"}, slope([](auto, auto y) { return y * y; })}}),
      under_upstream(
          "softsign", "softsign(x)", x,
          {{"missing square", {"softsign"}, slope([](auto v, auto) {
              return 1 / (1 + std::abs(v));
            })},
           {"wrong argument", {"softsign"}, slope([](auto v, auto) { return 1 / (1 + v * v); })}}),
      under_upstream("celu", "celu(x, 1.5)", x,
                     {{"missing factor", {"celu"}, slope([](auto v, auto) {
                         return v > 0 ? v / v : 1.5 * std::exp(v / 1.5);
                       })},
                      {"wrong argument", {"celu"}, slope([](auto v, auto) {
                         return v > 0 ? v / v : std::exp(v);
                       })}}),
      {"prelu",
       "clean",
       "L = sum(u * prelu(x, a))",
       {x, values("a", {5}, {0.25, -0.3, 0.1, 0.7, 0.05}), u},
       {{"missing batch sum", {"prelu"}, scaled(1.0 / 3, 1)},
        {"ignored mask", {"prelu"}, unmasked()},
        {"zero", {"prelu"}, dropped(1)}},
       {}},
      {"softmin",
       "clean",
       "L = sum(u * softmin(x, 1))",
       {both_signs("x", {3, 5}, 0.3, 1.5), u},
       {{"sign", {"softmin"}, negated()},
        {"missing term", {"softmin"}, slope([](auto, auto y) { return -y * (1 - y); })}},
       {}},
  };
}

std::vector<Specimen> corners() {
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      {"hard_tanh on its corners",
       "kink",
       "L = sum(u * hard_tanh(x))",
       {starting(both_signs("x", {3, 5}, 0.2, 0.8), {1, -1, 1, 0.5}), u},
       {{"wrong branch", {"hard_tanh"}, entrywise([](auto v, auto d) {
           return std::abs(v) == 1 ? 2 + d : d;
         })}},
       {}},
      {"hardswish on its corners",
       "kink",
       "L = sum(u * hardswish(x))",
       {starting(both_signs("x", {3, 5}, 0.2, 0.8), {3, -3, 3, -3.5}), u},
       {{"wrong branch", {"hardswish"}, entrywise([](auto v, auto d) {
           return v == 3 ? 2 * d : d;
         })}},
       {}},
      {"relu6 on its corners",
       "kink",
       "L = sum(u * relu6(x))",
       {starting(both_signs("x", {3, 5}, 0.2, 0.8), {0, 6, 0, 7}), u},
       {{"sign", {"relu6"}, negated()}},
       {}},
      {"prelu at 0",
       "kink",
       "L = sum(u * prelu(x, a))",
       {starting(both_signs("x", {3, 5}, 0.2, 0.8), {0, 0, -1}), values("a", {1}, {0.25}), u},
       {{"sign", {"prelu"}, negated(1)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> piecewise_specimens() {
  std::vector<Specimen> all = clipped();
  for (const auto& family : {smooth(), corners()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
