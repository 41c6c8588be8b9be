#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// Each column over the batch: layer norm of the transposed, g and b by row of that.
/// Errors: "mean missing", "deviation missing".
struct BatchNorm {
  template <class T>
  static Arrays<T> neutral(const Array<T>& t) {
    Array<T> ones = zeros_of<T>({t.columns()});
    ones = map(ones, [](T) { return T(1); });
    return {t, ones, zeros_of<T>({t.columns()})};
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = transposed(LayerNorm{}.forward<T>(neutral(transposed(x[0])))[0]);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = y[i] * x[1][i % y.columns()] + x[2][i % y.columns()];
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Arrays<T> inner = neutral(transposed(x[0]));
    const Array<T> xhat = transposed(LayerNorm{}.forward<T>(inner)[0]);
    Array<T> dxhat = dy[0], dg = zeros_of<T>(x[1].shape), db = dg;
    for (std::size_t i = 0; i < dxhat.size(); ++i) {
      const std::size_t j = i % dxhat.columns();
      dxhat[i] *= x[1][j];
      dg[j] += dy[0][i] * xhat[i];
      db[j] += dy[0][i];
    }
    return {transposed(LayerNorm{}.backward<T>({transposed(dxhat)}, inner, fault)[0]), dg, db};
  }
};

/// y = g x / √(mean x² + ε) of each row. Error: "length missing" (the term through the root).
struct RmsNorm {
  template <class T>
  static T inverse(const Array<T>& x, std::size_t n) {
    T sum = 0;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      sum += x(n, j) * x(n, j);
    }
    return 1 / std::sqrt(sum / static_cast<T>(x.columns()) + static_cast<T>(1e-6L));
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = x[0];
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] *= x[1][i % y.columns()] * inverse(x[0], i / y.columns());
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = dy[0], dg = zeros_of<T>(x[1].shape);
    const std::size_t m = dx.columns();
    for (std::size_t n = 0; n < dx.rows(); ++n) {
      const T r = inverse(x[0], n);
      T along = 0;
      for (std::size_t j = 0; j < m; ++j) {
        along += dy[0](n, j) * x[1][j] * x[0](n, j) / static_cast<T>(m);
        dg[j] += dy[0](n, j) * x[0](n, j) * r;
      }
      for (std::size_t j = 0; j < m; ++j) {
        const T through = fault == "length missing" ? T(0) : x[0](n, j) * along * r * r;
        dx(n, j) = r * (dy[0](n, j) * x[1][j] - through);
      }
    }
    return {dx, dg};
  }
};

template <class Kernel>
void norm(std::vector<Specimen>& list, const std::string& name, const Kernel& kernel,
          std::vector<Fault> own, const Draw& x64, const Draw& x32, bool bias = true) {
  Specimen specimen{name, "norms"};
  specimen.body = body_of(kernel);
  specimen.faults = std::move(own);
  for (const char* usual : {"sign", "last tensor's sign", "1 %", "one entry"}) {
    specimen.faults.emplace_back(usual);
  }
  specimen.given = {{"x", {5, 4}, x64}, {"g", {4}, within(0.5, 2, true)}};
  if (bias) {
    specimen.given.push_back({"b", {4}, within(0.5, 2, true)});
  }
  list.push_back(in_float64(specimen));
  specimen.given[0].draw = x32;
  list.push_back(in_float32(specimen));
}

}  // namespace

std::vector<Specimen> norm_specimens() {
  std::vector<Specimen> list;
  const std::vector<Fault> terms{"mean missing", "deviation missing", "batch sum missing"};
  const std::vector<Fault> two{"mean missing", "deviation missing"};
  const Draw ordinary = within(0.3, 2, true);
  norm(list, "layer norm", LayerNorm{}, terms, ordinary, ordinary);
  norm(list, "layer norm of rows with a mean", LayerNorm{}, terms, about(1e3, ordinary),
       about(100, ordinary));
  norm(list, "layer norm of rows with a large mean", LayerNorm{}, terms, about(1e5, ordinary),
       about(2000, ordinary));
  norm(list, "layer norm of rows with a huge mean", LayerNorm{}, terms, about(1e9, ordinary),
       about(2e4, ordinary));
  norm(list, "batch norm", BatchNorm{}, two, ordinary, ordinary);
  norm(list, "batch norm of columns with a mean", BatchNorm{}, two, about(1e6, ordinary),
       about(1000, ordinary));
  norm(list, "RMS norm", RmsNorm{}, {"length missing"}, ordinary, ordinary, false);
  norm(list, "RMS norm of tiny rows", RmsNorm{}, {"length missing"}, decades(1e-4, 1e-2, true),
       decades(1e-4, 1e-2, true), false);
  return list;
}

}  // namespace gradcheck::defects::opaque
