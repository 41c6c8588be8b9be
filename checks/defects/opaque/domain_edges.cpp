#include <cmath>
#include <stdexcept>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

template <class T>
T probability(T p) {
  if (!(p >= 0 && p <= 1)) {
    throw std::domain_error("no probability");
  }
  return p;
}

}  // namespace

// Beyond the edge there is an exception or NaN; the points lie near it.
std::vector<Specimen> domain_edge_specimens() {
  std::vector<Specimen> list;
  const auto edge = [&](const char* name, auto f, auto derivative, Draw float64, Draw float32) {
    add(list, "domain edges", name, elementwise(f, derivative), float64, float32);
  };
  edge(
      "log(x)", [](auto x) { return std::log(x); }, [](auto x) { return 1 / x; }, decades(1e-12, 1),
      decades(1e-5, 1));
  edge(
      "sqrt(x)", [](auto x) { return std::sqrt(x); }, [](auto x) { return 1 / (2 * std::sqrt(x)); },
      decades(1e-12, 1), decades(1e-5, 1));
  edge(
      "arcsin(x)", [](auto x) { return std::asin(x); },
      [](auto x) { return 1 / std::sqrt((1 - x) * (1 + x)); }, within(0.99, 0.99999, true),
      within(0.9, 0.999, true));
  edge(
      "arccos(x)", [](auto x) { return std::acos(x); },
      [](auto x) { return -1 / std::sqrt((1 - x) * (1 + x)); }, within(0.99, 0.99999, true),
      within(0.9, 0.999, true));
  edge(
      "arcosh(x)", [](auto x) { return std::acosh(x); },
      [](auto x) { return 1 / std::sqrt((x - 1) * (x + 1)); }, about(1, decades(1e-5, 0.1)),
      about(1, decades(1e-2, 0.5)));
  edge(
      "artanh(x)", [](auto x) { return std::atanh(x); },
      [](auto x) { return 1 / ((1 - x) * (1 + x)); }, within(0.99, 0.99999, true),
      within(0.9, 0.99, true));
  edge(
      "logit(p), refused outside", [](auto p) { return std::log(probability(p) / (1 - p)); },
      [](auto p) { return 1 / (p * (1 - p)); }, decades(1e-9, 1e-2), decades(1e-4, 0.1));
  edge(
      "cross-entropy of p, refused outside",
      [](auto p) {
        return -(as(p, 0.25L) * std::log(probability(p)) + as(p, 0.75L) * std::log1p(-p));
      },
      [](auto p) { return (p - as(p, 0.25L)) / (p * (1 - p)); }, within(0.9, 0.9999),
      within(0.9, 0.99));
  edge(
      "x log(x)", [](auto x) { return x * std::log(x); }, [](auto x) { return 1 + std::log(x); },
      decades(1e-10, 0.1), decades(1e-4, 0.1));
  edge(
      "1/x", [](auto x) { return 1 / x; }, [](auto x) { return -1 / (x * x); },
      decades(1e-10, 1e-2, true), decades(1e-4, 1e-2, true));
  edge(
      "log Gamma", [](auto x) { return std::lgamma(x); },
      [](auto x) {  // digamma by its recurrence and asymptotic series (Abramowitz, Stegun 6.3.18)
        Truth z = x, sum = 0;
        for (; z < 30; z += 1) {
          sum -= 1 / z;
        }
        const Truth w = 1 / (z * z);
        return as(
            x, sum + std::log(z) - 1 / (2 * z) -
                   w * (1.0L / 12 -
                        w * (1.0L / 120 - w * (1.0L / 252 - w * (1.0L / 240 - w * (1.0L / 132))))));
      },
      decades(1e-6, 1e-2), decades(1e-3, 0.1));
  edge(
      "log(1 - exp(-x))", [](auto x) { return std::log(-std::expm1(-x)); },
      [](auto x) { return 1 / std::expm1(x); }, decades(1e-9, 1e-2), decades(1e-4, 0.1));
  return list;
}

}  // namespace gradcheck::defects::opaque
