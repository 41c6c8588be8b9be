#include <iostream>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/network/language.hpp>

using namespace gradcheck;

/// y = x³, dx = 3 x² dy; backward has 2 in place of 3.
struct Cube {
  static constexpr std::size_t arity = 1;

  Shape shape(const Shape& x) const { return x; }

  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return x * x * x;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>& /*y*/) const {
    return pack<Real>(2 * x * x * dy);
  }
};

int main() {
  LayerLibrary layers = standard_layers();
  layers.add({.name = "cube", .tensors = {"x"}, .make = [](const Settings&) {
                return make_layer("cube", Cube{});
              }});

  Network network;
  network.give("x", Role::input, {1, -2});
  network.give("W", Role::parameter, {{1, 2}, {3, 4}});
  network.give("b", Role::parameter, {0.5, -1});
  add_statements(network, parse_statements("y = cube(x) @ W + b; L = sum(y * y)"), layers);

  Checker checker(network, CheckOptions{});
  for (const char* name : {"W", "b", "x"}) {
    const TensorReport report = checker.check(*network.find(name)).report;
    std::cout << name << ": " << to_string(report.verdict) << ", analytic " << report.worst.analytic
              << ", numeric " << report.worst.numeric << '\n';
  }
}
