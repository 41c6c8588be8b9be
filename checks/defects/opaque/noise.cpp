#include <cmath>
#include <memory>
#include <random>

#include <defects/opaque/corpus.hpp>
#include <fmt/format.h>

namespace gradcheck::defects::opaque {

namespace {

/// y[n] = Σ_k x[n, k] w[k] in another order at each call, as threads that add atomically do.
struct ShuffledSum {
  std::shared_ptr<std::mt19937_64> bits = std::make_shared<std::mt19937_64>(5);

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].rows()});
    std::vector<std::size_t> order(x[0].columns());
    for (std::size_t k = 0; k < order.size(); ++k) {
      order[k] = k;
    }
    for (std::size_t n = 0; n < y.size(); ++n) {
      for (std::size_t k = order.size(); k > 1 && !std::is_same_v<T, Truth>; --k) {
        std::swap(order[k - 1], order[(*bits)() % k]);
      }
      for (const std::size_t k : order) {
        y[n] += x[0](n, k) * x[1][k];
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = zeros_of<T>(x[0].shape), dw = zeros_of<T>(x[1].shape);
    for (std::size_t n = 0; n < x[0].rows(); ++n) {
      for (std::size_t k = 0; k < x[0].columns(); ++k) {
        dx(n, k) = dy[0][n] * x[1][k];
        dw[k] += fault == "batch sum missing" && n > 0 ? T(0) : dy[0][n] * x[0](n, k);
      }
    }
    return {dx, dw};
  }
};

/// A kernel whose outputs are off by a random share at each call.
template <class Kernel>
struct Noisy {
  Kernel kernel;
  double share;
  std::shared_ptr<std::mt19937_64> bits = std::make_shared<std::mt19937_64>(6);

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Arrays<T> y = kernel.template forward<T>(x);
    if constexpr (!std::is_same_v<T, Truth>) {
      y[0] = map(y[0], [&](T each) {
        const double part = std::ldexp(static_cast<double>((*bits)() >> 11), -52) - 1;
        return static_cast<T>(each * (1 + static_cast<T>(share * part)));
      });
    }
    return y;
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    return kernel.template backward<T>(dy, x, fault);
  }
};

template <class Kernel>
void noisy(std::vector<Specimen>& list, const std::string& name, const Kernel& kernel,
           double share64, double share32) {
  Specimen specimen{name, "noise"};
  specimen.faults = {"sign", "factor 2", "1 %", "one entry"};
  specimen.given = {{"x", {4}, within(0.3, 1.3, true)}};
  specimen.body = body_of(Noisy<Kernel>{kernel, share64});
  list.push_back(in_float64(specimen));
  specimen.body = body_of(Noisy<Kernel>{kernel, share32});
  list.push_back(in_float32(specimen));
}

}  // namespace

// Run-to-run differences below what counts as a finding.
std::vector<Specimen> noise_specimens() {
  std::vector<Specimen> list;
  for (const std::size_t terms : {8, 64}) {
    Specimen specimen{fmt::format("sum of {} terms in random order", terms), "noise"};
    specimen.body = body_of(ShuffledSum{});
    specimen.given = {{"x", {3, terms}, within(0.3, 2, true)},
                      {"w", {terms}, within(0.3, 2, true)}};
    specimen.faults = {"batch sum missing", "sign", "1 %", "one entry"};
    list.push_back(in_float64(specimen));
    list.push_back(in_float32(specimen));
  }
  noisy(list, "sin(x) and noise",
        elementwise([](auto x) { return std::sin(x); }, [](auto x) { return std::cos(x); }), 1e-13,
        1e-6);
  noisy(list, "x*x and noise",
        elementwise([](auto x) { return x * x; }, [](auto x) { return 2 * x; }), 1e-12, 5e-6);
  return list;
}

}  // namespace gradcheck::defects::opaque
