#include <algorithm>
#include <cmath>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// An elementwise layer with kinks at some arguments. One planted error gives those an upstream
/// times `outside`, which lies beyond the derivatives of both sides.
template <class Kernel>
struct Kinked {
  Kernel kernel;
  std::vector<double> kinks;
  double outside;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return kernel.template forward<T>(x);
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Arrays<T> dx = kernel.template backward<T>(dy, x, fault);
    for (std::size_t i = 0; fault == "outside at the kink" && i < x[0].size(); ++i) {
      if (std::ranges::count(kinks, static_cast<double>(x[0][i])) != 0) {
        dx[0][i] = dy[0][i] * static_cast<T>(outside);
      }
    }
    return dx;
  }
};

/// Points hold every kink and some ordinary numbers, in random order.
template <class F, class Derivative>
void kinked(std::vector<Specimen>& list, const std::string& name, F f, Derivative derivative,
            std::vector<double> kinks, double outside, std::vector<double> others) {
  const Kinked<Elementwise<F, Derivative>> kernel{elementwise(f, derivative), kinks, outside};
  std::vector<double> numbers = kinks;
  numbers.insert(numbers.end(), others.begin(), others.end());
  add(list, "kinks", name, kernel, shuffled(numbers), shuffled(numbers), numbers.size());
  for (Specimen* each : {&list.back(), &list[list.size() - 2]}) {
    each->kinked = true;
    each->faults = {"outside at the kink", "sign", "factor 2", "1 %", "one entry"};
  }
}

const std::vector<double> ordinary{1.3, -2.1, 0.7, -0.4};

}  // namespace

std::vector<Specimen> kink_specimens() {
  std::vector<Specimen> list;
  const auto relu = [](auto x) { return x > 0 ? x : 0 * x; };
  kinked(
      list, "ReLU, 0 at 0", relu, [](auto x) { return x > 0 ? 1 : 0; }, {0, 0}, 1.5, ordinary);
  kinked(
      list, "ReLU, 1 at 0", relu, [](auto x) { return x >= 0 ? 1 : 0; }, {0, 0, 0}, -0.5, ordinary);
  kinked(
      list, "ReLU, half at 0", relu, [](auto x) { return x > 0   ? 1
                                                         : x < 0 ? 0
                                                                 : 0.5; }, {0}, 1.25,
      ordinary);
  kinked(
      list, "leaky ReLU", [](auto x) { return x > 0 ? x : x / 8; },
      [](auto x) { return x > 0 ? 1 : 0.125; }, {0, 0}, 0, ordinary);
  kinked(
      list, "SELU, its left side at 0",
      [](auto x) {
        return x > 0 ? as(x, 1.0507009873554805L) * x
                     : as(x, 1.7580993408473766L) * (std::exp(x) - 1);
      },
      [](auto x) {
        return x > 0 ? as(x, 1.0507009873554805L) : as(x, 1.7580993408473766L) * std::exp(x);
      },
      {0, 0, 0, 0}, 2.5, {-0.378682338});
  kinked(
      list, "abs, 0 at 0", [](auto x) { return std::abs(x); },
      [](auto x) { return x > 0   ? 1
                          : x < 0 ? -1
                                  : 0; }, {0, 0}, 1.2, ordinary);
  kinked(
      list, "clip to [-1, 2], inside at the bounds",
      [](auto x) { return std::clamp(x, as(x, -1), as(x, 2)); },
      [](auto x) { return x >= -1 && x <= 2 ? 1 : 0; }, {-1, 2}, 1.5, {0.4, -3, 3.3, 1.7});
  kinked(
      list, "hinge at its margin", [](auto x) { return std::max(1 - x, 0 * x); },
      [](auto x) { return x < 1 ? -1 : 0; }, {1, 1}, 0.5, {0.3, 2.2, -1.4});
  kinked(
      list, "hard sigmoid",
      [](auto x) { return std::clamp(x / 8 + as(x, 0.5), as(x, 0), as(x, 1)); },
      [](auto x) { return std::abs(x) < 4 ? 0.125 : 0; }, {-4, 4}, 0.25, {0.4, -3, 5, 1.7});
  kinked(
      list, "soft shrinkage",
      [](auto x) { return x > 0.5    ? x - as(x, 0.5)
                          : x < -0.5 ? x + as(x, 0.5)
                                     : 0 * x; },
      [](auto x) { return std::abs(x) > 0.5 ? 1 : 0; }, {0.5, -0.5}, 2, {1.4, -2, 0.2});
  kinked(
      list, "ELU with alpha 2", [](auto x) { return x > 0 ? x : 2 * std::expm1(x); },
      [](auto x) { return static_cast<decltype(x)>(x > 0 ? 1 : 2 * std::exp(x)); }, {0}, 2.5,
      ordinary);
  kinked(
      list, "x*x, from 1 on 3x - 2", [](auto x) { return x > 1 ? 3 * x - 2 : x * x; },
      [](auto x) { return static_cast<decltype(x)>(x > 1 ? 3 : 2 * x); }, {1}, 3.5,
      {0.3, 2.2, -1.4});
  kinked(
      list, "sin of abs", [](auto x) { return std::sin(std::abs(x)); },
      [](auto x) { return x < 0 ? -std::cos(x) : std::cos(x); }, {0, 0}, -1.5, ordinary);
  kinked(
      list, "log sigmoid by ReLU and abs, right at 0",
      [](auto x) { return -(std::max(-x, 0 * x) + std::log1p(std::exp(-std::abs(x)))); },
      [](auto x) { return 1 / (1 + std::exp(x)); }, {0}, 1, ordinary);
  kinked(
      list, "Huber", [](auto x) { return std::abs(x) <= 1 ? x * x / 2 : std::abs(x) - as(x, 0.5); },
      [](auto x) { return std::clamp(x, as(x, -1), as(x, 1)); }, {1, -1}, 0.5, {0.3, -2.2});
  return list;
}

}  // namespace gradcheck::defects::opaque
