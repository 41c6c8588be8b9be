#include <algorithm>
#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

template <class F, class Derivative>
void beside(std::vector<Specimen>& list, const std::string& name, F f, Derivative derivative,
            std::vector<double> float64, std::vector<double> float32) {
  const std::size_t entries = float64.size();
  add(list, "residues", name, elementwise(f, derivative), shuffled(std::move(float64)),
      shuffled(std::move(float32)), entries);
  list[list.size() - 2].kinked = list.back().kinked = true;
}

/// max of each pair of neighbours, the first of equal ones.
struct Pairs {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].size() / 2});
    for (std::size_t k = 0; k < y.size(); ++k) {
      y[k] = std::max(x[0][2 * k], x[0][2 * k + 1]);
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = zeros_of<T>(x[0].shape);
    for (std::size_t k = 0; k < dy[0].size(); ++k) {
      const bool second = x[0][2 * k + 1] > x[0][2 * k];
      dx[2 * k + (second ? 1 : 0)] = dy[0][k];
      if (fault == "both of a pair") {
        dx[2 * k] = dx[2 * k + 1] = dy[0][k];
      }
    }
    return {dx};
  }
};

void pairs(std::vector<Specimen>& list, const std::string& name, double gap64, double gap32) {
  Specimen specimen{name, "residues"};
  specimen.body = body_of(Pairs{});
  specimen.kinked = true;
  specimen.faults = {"both of a pair", "sign", "1 %", "one entry"};
  const auto draw = [](double gap) {
    return starting({1.5, 1.5 * (1 + gap), -0.75 * (1 - gap), -0.75, 2 * (1 + gap), 2},
                    within(-2, 2));
  };
  specimen.given = {{"x", {8}, draw(gap64)}};
  list.push_back(in_float64(specimen));
  specimen.given = {{"x", {8}, draw(gap32)}};
  list.push_back(in_float32(specimen));
}

}  // namespace

// Numbers that rounding left beside a kink: 0.1 + 0.2 - 0.3, and the like.
std::vector<Specimen> residue_specimens() {
  std::vector<Specimen> list;
  const auto relu = [](auto x) { return x > 0 ? x : 0 * x; };
  const auto relu_derivative = [](auto x) { return x > 0 ? 1 : 0; };
  const auto sign = [](auto x) { return x > 0 ? 1 : x < 0 ? -1 : 0; };
  beside(list, "ReLU beside residues", relu, relu_derivative, {5.6e-17, -2.8e-17, 3, -2},
         {3e-8, -1.5e-8, 3, -2});
  beside(list, "ReLU beside small numbers", relu, relu_derivative,
         {1e-9, -1e-9, 1e-4, -1e-4, 3, -2}, {1e-5, -1e-5, 1e-3, -1e-3, 3, -2});
  beside(list, "ReLU beside very small numbers", relu, relu_derivative,
         {1e-13, -1e-12, 1e-11, 3, -2}, {3e-7, -1e-6, 3e-6, 3, -2});
  beside(list, "ReLU beside denormal numbers", relu, relu_derivative,
         {1e-310, -1e-310, 1e-300, 3, -2}, {1e-40, -1e-40, 1e-30, 3, -2});
  beside(list, "abs beside residues", [](auto x) { return std::abs(x); }, sign,
         {5.6e-17, -1.1e-16, 3, -2}, {3e-8, -6e-8, 3, -2});
  beside(list, "abs beside small numbers", [](auto x) { return std::abs(x); }, sign,
         {1e-10, -1e-7, 3, -2}, {1e-5, -1e-4, 3, -2});
  beside(
      list, "leaky ReLU beside residues", [](auto x) { return x > 0 ? x : x / 4; },
      [](auto x) { return x > 0 ? 1 : 0.25; }, {5.6e-17, -2.8e-17, 3, -2}, {3e-8, -1.5e-8, 3, -2});
  beside(
      list, "hinge a residue off its margin", [](auto x) { return std::max(1 - x, 0 * x); },
      [](auto x) { return x < 1 ? -1 : 0; }, {1 + 2.3e-16, 1 - 1.2e-16, 0.3, 2.2},
      {1 + 1.2e-7, 1 - 6e-8, 0.3, 2.2});
  pairs(list, "maximum of pairs a unit apart", 2.3e-16, 1.2e-7);
  pairs(list, "maximum of pairs 1e-12 apart", 1e-12, 1e-6);
  pairs(list, "maximum of pairs 1e-6 apart", 1e-6, 1e-3);
  return list;
}

}  // namespace gradcheck::defects::opaque
