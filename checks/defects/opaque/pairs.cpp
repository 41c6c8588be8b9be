#include <cmath>
#include <complex>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// Entry k of a tensor of pairs, real parts first in each.
template <class T>
std::complex<T> at(const Array<T>& x, std::size_t k) {
  return {x[2 * k], x[2 * k + 1]};
}
template <class T>
void put(Array<T>& x, std::size_t k, std::complex<T> z) {
  x[2 * k] = z.real();
  x[2 * k + 1] = z.imag();
}

/// w = f(z) for analytic f: dz = dw conj(f'(z)), pairs of real numbers on either side.
/// Errors: "conjugate missing", "imaginary part dropped".
template <class F, class Derivative>
struct Analytic {
  F f;
  Derivative derivative;

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = x[0];
    for (std::size_t k = 0; 2 * k < y.size(); ++k) {
      put(y, k, std::complex<T>(f(at(x[0], k))));
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    for (std::size_t k = 0; 2 * k < dx.size(); ++k) {
      const std::complex<T> d = derivative(at(x[0], k));
      put(dx, k, at(dy[0], k) * (fault == "conjugate missing" ? d : std::conj(d)));
      dx[2 * k + 1] *= static_cast<T>(fault == "imaginary part dropped" ? 0 : 1);
    }
    return {dx};
  }
};

template <class F, class Derivative>
void analytic(std::vector<Specimen>& list, const std::string& name, F f, Derivative derivative) {
  Specimen specimen{name, "pairs"};
  specimen.body = body_of(Analytic<F, Derivative>{f, derivative});
  specimen.given = {{"z", {3, 2}, within(0.4, 1.5, true)}};
  specimen.faults = {"conjugate missing", "imaginary part dropped", "sign", "factor 2", "1 %"};
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
}

/// |z|²: real numbers of complex ones. Errors: "conjugate", "imaginary part dropped".
struct SquaredModulus {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({x[0].size() / 2});
    for (std::size_t k = 0; k < y.size(); ++k) {
      y[k] = std::norm(at(x[0], k));
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const int imaginary = fault == "conjugate" ? -1 : fault == "imaginary part dropped" ? 0 : 1;
      dx[i] *= 2 * dy[0][i / 2] * static_cast<T>(i % 2 == 0 ? 1 : imaginary);
    }
    return {dx};
  }
};

}  // namespace

// Complex numbers as layers in real arithmetic see them.
std::vector<Specimen> pair_specimens() {
  std::vector<Specimen> list;
  analytic(
      list, "complex square", [](auto z) { return z * z; }, [](auto z) { return z + z; });
  analytic(
      list, "complex exponential", [](auto z) { return std::exp(z); },
      [](auto z) { return std::exp(z); });
  analytic(
      list, "complex reciprocal", [](auto z) { return decltype(z)(1) / z; },
      [](auto z) { return decltype(z)(-1) / (z * z); });
  Specimen specimen{"squared modulus", "pairs"};
  specimen.body = body_of(SquaredModulus{});
  specimen.given = {{"z", {3, 2}, within(0.4, 1.5, true)}};
  specimen.faults = {"conjugate", "imaginary part dropped", "factor 2", "1 %"};
  list.push_back(in_float64(specimen));
  list.push_back(in_float32(specimen));
  return list;
}

}  // namespace gradcheck::defects::opaque
