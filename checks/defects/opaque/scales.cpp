#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>

namespace gradcheck::defects::opaque {

// Numbers of very different sizes in one tensor, or in tensors that meet.
std::vector<Specimen> scale_specimens() {
  std::vector<Specimen> list;
  const auto scaled = [&](const char* name, auto f, auto derivative, Draw float64, Draw float32) {
    add(list, "scales", name, elementwise(f, derivative), float64, float32, 6);
  };
  const auto logistic = [](auto x) { return 1 / (1 + std::exp(-x)); };
  scaled(
      "tanh of mixed sizes", [](auto x) { return std::tanh(x); },
      [](auto x) {
        const auto c = std::cosh(x);
        return 1 / (c * c);
      },
      starting({1e-9, 2.5}, decades(1e-8, 2, true)),
      starting({1e-5, 1.5}, decades(1e-4, 1.5, true)));
  scaled(
      "x*x of mixed sizes", [](auto x) { return x * x; }, [](auto x) { return 2 * x; },
      decades(1e-8, 1e8, true), decades(1e-4, 1e4, true));
  scaled(
      "1/x of mixed sizes", [](auto x) { return 1 / x; }, [](auto x) { return -1 / (x * x); },
      decades(1e-6, 1e6, true), decades(1e-3, 1e3, true));
  scaled(
      "log of mixed sizes", [](auto x) { return std::log(x); }, [](auto x) { return 1 / x; },
      decades(1e-8, 1e8), decades(1e-4, 1e4));
  scaled(
      "sigmoid at 1e-3 beside 1e10", logistic, [=](auto x) { return logistic(x) * logistic(-x); },
      starting({1e10, -3e9, 1e-3}, within(0.3, 2, true)),
      starting({1e6, -3e5, 1e-3}, within(0.3, 2, true)));
  scaled(
      "x^3 of mixed sizes", [](auto x) { return x * x * x; }, [](auto x) { return 3 * x * x; },
      decades(1e-7, 1e5, true), decades(1e-3, 1e2, true));
  scaled(
      "sin beside large numbers", [](auto x) { return std::sin(x); },
      [](auto x) { return std::cos(x); }, starting({1e6, 3e-6}, within(0.3, 1.2, true)),
      starting({300, 3e-3}, within(0.3, 1.2, true)));
  scaled(
      "sin(1e4 x)", [](auto x) { return std::sin(10000 * x); },
      [](auto x) { return 10000 * std::cos(10000 * x); }, within(0.3, 2, true),
      within(0.003, 0.02, true));
  const auto affine = [&](const char* name, const Draw& x64, const Draw& x32, const Draw& w64,
                          const Draw& w32) {
    Specimen specimen{name, "scales"};
    specimen.body = body_of(Affine{});
    specimen.faults = {"batch sum missing", "sign", "last tensor's sign", "1 %", "one entry"};
    specimen.given = {{"x", {3, 4}, x64}, {"W", {4, 2}, w64}, {"b", {2}, within(0.5, 2, true)}};
    list.push_back(in_float64(specimen));
    specimen.given[0].draw = x32;
    specimen.given[1].draw = w32;
    list.push_back(in_float32(specimen));
  };
  const Draw ordinary = within(0.5, 2, true);
  affine("affine map of inputs of mixed sizes", decades(1e-6, 1e6, true), decades(1e-2, 1e2, true),
         ordinary, ordinary);
  affine("affine map by weights of mixed sizes", ordinary, ordinary, decades(1e-5, 1e5, true),
         decades(1e-2, 1e2, true));
  affine("affine map of tiny numbers", decades(1e-150, 1e-149, true), decades(1e-15, 1e-14, true),
         decades(1e-10, 1e-9, true), decades(1e-8, 1e-7, true));
  affine("affine map of huge numbers", decades(1e120, 1e121, true), decades(1e12, 1e13, true),
         decades(1e20, 1e21, true), decades(1e8, 1e9, true));
  return list;
}

}  // namespace gradcheck::defects::opaque
