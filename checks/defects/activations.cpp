#include <cmath>
#include <numbers>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

const Given x = both_signs("x", {3, 5}, 0.3, 3);

template <class Real>
Real logistic(Real v) {
  return 1 / (1 + std::exp(-v));
}

std::vector<Specimen> rectifiers() {
  return {
      under_upstream(
          "relu", "relu(x)", x,
          {{"inverted mask", {"relu"}, slope([](auto v, auto) { return v > 0 ? 0 : 1; })},
           {"ignored mask", {"relu"}, slope([](auto, auto) { return 1; })},
           {"clipped upstream", {"relu"}, upstream_guided(), false, "guided"},
           {"one entry only", {"relu"}, entrywise([](auto v, auto d) {
              return v > 2 ? d * (1 + 1e-6) : d;
            })}}),
      under_upstream(
          "leaky_relu", "leaky_relu(x, negative_slope=0.2)", x,
          {{"wrong constant", {"leaky_relu"}, slope([](auto v, auto) { return v > 0 ? 1 : 0.01; })},
           {"wrong branch", {"leaky_relu"}, slope([](auto v, auto) { return v > 0 ? 0.2 : 1; })},
           {"relative 1e-5", {"leaky_relu"}, slope([](auto v, auto) {
              return v > 0 ? 1 : 0.2 + 2e-6;
            })}}),
      under_upstream(
          "elu", "elu(x, alpha=1.3)", x,
          {{"wrong constant", {"elu"}, slope([](auto v, auto) {
              return v > 0 ? v / v : std::exp(v);
            })},
           {"wrong argument", {"elu"}, slope([](auto v, auto y) { return v > 0 ? v / v : y; })},
           {"wrong branch", {"elu"}, slope([](auto v, auto y) { return v > 0 ? v / v : y + 1; })}}),
      under_upstream("selu", "selu(x)", x,
                     {{"missing factor", {"selu"}, entrywise([](auto v, auto d) {
                         return v > 0 ? d / 1.0507009873554805 : d;
                       })},
                      {"wrong constant",
                       {"selu"},
                       entrywise([](auto v, auto d) {
                         return v > 0 ? d : d * (1.67326 / 1.6732632423543772);
                       }),
                       false,
                       "alpha to six digits"},
                      {"missing factor",
                       {"selu"},
                       entrywise([](auto v, auto d) { return v > 0 ? d : d / 1.6732632423543772; }),
                       false,
                       "alpha"}}),
  };
}

std::vector<Specimen> sigmoidal() {
  return {
      under_upstream(
          "sigmoid", "sigmoid(x)", x,
          {{"missing factor", {"sigmoid"}, slope([](auto, auto y) { return y; })},
           {"wrong argument", {"sigmoid"}, slope([](auto v, auto) { return v * (1 - v); })},
           {"sign", {"sigmoid"}, slope([](auto, auto y) { return y * (y - 1); })},
           {"float32 inside", {"sigmoid"}, float32()},
           {"relative 1e-6", {"sigmoid"}, scaled_entry(5, 1 - 1e-6)}}),
      under_upstream("tanh", "tanh(x)", x,
                     {{"wrong argument", {"tanh"}, slope([](auto v, auto) { return 1 - v * v; })},
                      {"wrong constant", {"tanh"}, slope([](auto, auto y) { return 1 - y; })},
                      {"stale", {"tanh"}, stale()},
                      {"zero", {"tanh"}, dropped()}}),
      under_upstream(
          "softplus", "softplus(x, beta=1.7)", x,
          {{"missing factor", {"softplus"}, slope([](auto v, auto) { return logistic(v); })},
           {"wrong constant", {"softplus"}, slope([](auto v, auto) {
              return logistic(static_cast<decltype(v)>(1.7) * v) / 1.7;
            })},
           {"wrong branch",
            {"softplus"},
            entrywise([](auto v, auto d) { return v > 2 ? d * (1 + std::exp(-1.7 * v)) : d; }),
            false,
            "threshold"}}),
  };
}

std::vector<Specimen> smooth_rectifiers() {
  return {
      under_upstream("gelu", "gelu(x)", x,
                     {{"wrong constant",
                       {"gelu"},
                       slope([](auto v, auto) {
                         const auto u = std::numbers::sqrt2_v<decltype(v)> *
                                        std::numbers::inv_sqrtpi_v<decltype(v)> *
                                        (v + static_cast<decltype(v)>(0.044715L) * v * v * v);
                         const auto du = std::numbers::sqrt2_v<decltype(v)> *
                                         std::numbers::inv_sqrtpi_v<decltype(v)> *
                                         (1 + 3 * static_cast<decltype(v)>(0.044715L) * v * v);
                         return logistic(2 * u) * (1 + 2 * v * du * logistic(-2 * u));
                       }),
                       false,
                       "the tanh formula's slope"},
                      {"missing term", {"gelu"}, slope([](auto v, auto y) { return y / v; })},
                      {"relative 1e-3", {"gelu"}, scaled(1.001)}}),
      under_upstream("gelu, tanh", "gelu(x, approximate=\"tanh\")", x,
                     {{"wrong constant", {"gelu"}, scaled_entry(4, 1 + 1e-5)},
                      {"missing term", {"gelu"}, slope([](auto v, auto y) { return y / v; })},
                      {"wrong argument", {"gelu"}, at_multiple(1 + 1e-6)}}),
      under_upstream("silu", "silu(x)", x,
                     {{"missing term", {"silu"}, slope([](auto v, auto) { return logistic(v); })},
                      {"wrong argument", {"silu"}, slope([](auto, auto y) { return logistic(y); })},
                      {"sign", {"silu"}, slope([](auto v, auto) {
                         return logistic(v) * (1 - v * logistic(-v));
                       })}}),
  };
}

}  // namespace

std::vector<Specimen> activation_specimens() {
  std::vector<Specimen> all = rectifiers();
  for (const auto& family : {sigmoidal(), smooth_rectifiers()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
