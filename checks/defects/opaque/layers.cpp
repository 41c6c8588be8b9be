#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>

namespace gradcheck::defects::opaque {

namespace {

/// y[n, t] = Σ_k x[n, t + k] w[k] + b. Errors: "kernel flipped", "batch sum missing" (dw).
struct Convolution {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    const std::size_t size = x[1].size();
    Array<T> y = zeros_of<T>({x[0].rows(), x[0].columns() - size + 1});
    for (std::size_t n = 0; n < y.rows(); ++n) {
      for (std::size_t t = 0; t < y.columns(); ++t) {
        y(n, t) = x[2][0];
        for (std::size_t k = 0; k < size; ++k) {
          y(n, t) += x[0](n, t + k) * x[1][k];
        }
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = zeros_of<T>(x[0].shape), dw = zeros_of<T>(x[1].shape), db = zeros_of<T>({1});
    const std::size_t size = dw.size();
    for (std::size_t n = 0; n < dy[0].rows(); ++n) {
      for (std::size_t t = 0; t < dy[0].columns(); ++t) {
        const T d = dy[0](n, t);
        db[0] += d;
        for (std::size_t k = 0; k < size; ++k) {
          dx(n, t + k) += d * x[1][fault == "kernel flipped" ? size - 1 - k : k];
          dw[k] += fault == "batch sum missing" && n > 0 ? 0 : d * x[0](n, t + k);
        }
      }
    }
    return {dx, dw, db};
  }
};

/// softmax(q kᵀ / √d) v. Errors: "scale missing" (dq, dk without 1/√d), "sum missing" (softmax),
/// "k for q" (dq formed with q).
struct Attention {
  template <class T>
  static Array<T> scores(const Arrays<T>& x) {
    const T factor = 1 / std::sqrt(static_cast<T>(x[0].columns()));
    return map(product(x[0], transposed(x[1])), [&](T s) { return s * factor; });
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return {product(Softmax{}.forward<T>({scores(x)})[0], x[2])};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Array<T> s = scores(x);
    const Array<T> p = Softmax{}.forward<T>({s})[0];
    Array<T> ds = Softmax{}.backward<T>({product(dy[0], transposed(x[2]))}, {s}, fault)[0];
    const T factor = fault == "scale missing" ? 1 : 1 / std::sqrt(static_cast<T>(x[0].columns()));
    ds = map(ds, [&](T d) { return d * factor; });
    return {product(ds, fault == "k for q" ? x[0] : x[1]), product(transposed(ds), x[0]),
            product(transposed(p), dy[0])};
  }
};

/// tanh(x W + b) V. Errors: "derivative missing" (of tanh), "batch sum missing" (db).
struct Perceptron {
  template <class T>
  static Array<T> hidden(const Arrays<T>& x) {
    return map(Affine{}.forward<T>({x[0], x[1], x[2]})[0], [](T z) { return std::tanh(z); });
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return {product(hidden(x), x[3])};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Array<T> h = hidden(x);
    Array<T> dz = product(dy[0], transposed(x[3]));
    for (std::size_t i = 0; i < dz.size() && fault != "derivative missing"; ++i) {
      dz[i] *= 1 - h[i] * h[i];
    }
    Arrays<T> dx = Affine{}.backward<T>({dz}, {x[0], x[1], x[2]}, fault);
    dx.push_back(product(transposed(h), dy[0]));
    return dx;
  }
};

/// sin(x) and x cos(x), two outputs. Error: "second output forgotten".
struct TwoOutputs {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return {map(x[0], [](T each) { return std::sin(each); }),
            map(x[0], [](T each) { return each * std::cos(each); })};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = x[0];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const T s = std::sin(x[0][i]), c = std::cos(x[0][i]);
      dx[i] =
          dy[0][i] * c + (fault == "second output forgotten" ? 0 : dy[1][i] * (c - x[0][i] * s));
    }
    return {dx};
  }
};

/// k d² / 2 with a spring constant for each entry of k. Error: "10 % in dk".
struct Springs {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> energy = zeros_of<T>({});
    for (std::size_t i = 0; i < x[0].size(); ++i) {
      energy[0] += x[1][i] * x[0][i] * x[0][i] / 2;
    }
    return {energy};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dd = x[0], dk = x[0];
    for (std::size_t i = 0; i < dd.size(); ++i) {
      dd[i] *= x[1][i] * dy[0][0];
      dk[i] *= dk[i] * dy[0][0] / 2 * static_cast<T>(fault == "10 % in dk" ? 1.1 : 1);
    }
    return {dd, dk};
  }
};

/// y[k] = E[index[k]]: rows of a table, some of them twice. Error: "repeated rows once".
struct Rows {
  std::vector<std::size_t> index{2, 0, 2, 3};

  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = zeros_of<T>({index.size(), x[0].columns()});
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = x[0](index[i / y.columns()], i % y.columns());
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = zeros_of<T>(x[0].shape);
    for (std::size_t i = 0; i < dy[0].size(); ++i) {
      T& to = dx(index[i / dx.columns()], i % dx.columns());
      to = (fault == "repeated rows once" ? 0 : to) + dy[0][i];
    }
    return {dx};
  }
};

Given dense(const char* name, const Shape& shape) { return {name, shape, within(0.3, 1.5, true)}; }

template <class Kernel>
Specimen layer(const std::string& name, const Kernel& kernel, std::vector<Given> given,
               std::size_t inputs, std::vector<Fault> own) {
  Specimen specimen{name, "layers"};
  specimen.body = body_of(kernel);
  specimen.given = std::move(given);
  specimen.inputs = inputs;
  specimen.faults = std::move(own);
  for (const char* usual : {"sign", "1 %", "0.1 %", "one entry"}) {
    specimen.faults.emplace_back(usual);
  }
  return specimen;
}

}  // namespace

std::vector<Specimen> layer_specimens() {
  std::vector<Specimen> all{
      layer("affine map", Affine{}, {dense("x", {3, 4}), dense("W", {4, 2}), dense("b", {2})}, 1,
            {"batch sum missing"}),
      layer("affine map, square", Affine{},
            {dense("x", {3, 4}), dense("W", {4, 4}), dense("b", {4})}, 1,
            {"batch sum missing", "W not transposed"}),
      layer("affine map of three inputs", Affine{},
            {dense("x", {2, 3}), dense("W", {3, 3}), dense("b", {3})}, 3, {"W not transposed"}),
      layer("convolution", Convolution{}, {dense("x", {2, 7}), dense("w", {3}), dense("b", {1})}, 1,
            {"kernel flipped", "batch sum missing"}),
      layer("softmax", Softmax{}, {dense("x", {3, 4})}, 1, {"sum missing"}),
      layer("softmax of large logits", Softmax{}, {{"x", {3, 4}, within(-10, 10)}}, 1,
            {"sum missing"}),
      layer("attention", Attention{}, {dense("q", {3, 4}), dense("k", {5, 4}), dense("v", {5, 2})},
            3, {"scale missing", "sum missing"}),
      layer("attention to itself", Attention{},
            {dense("q", {4, 3}), dense("k", {4, 3}), dense("v", {4, 3})}, 3,
            {"scale missing", "k for q"}),
      layer("perceptron", Perceptron{},
            {dense("x", {3, 2}), dense("W", {2, 4}), dense("b", {4}), dense("V", {4, 2})}, 1,
            {"derivative missing", "batch sum missing"}),
      layer("springs", Springs{},
            {{"d", {4}, within(1e-3, 1e-1, true)}, {"k", {4}, decades(10, 1e5)}}, 2,
            {"10 % in dk"}),
      layer("rows of a table", Rows{}, {dense("E", {4, 3})}, 1, {"repeated rows once"})};
  Specimen two =
      layer("two outputs", TwoOutputs{}, {dense("x", {5})}, 1, {"second output forgotten"});
  two.several_outputs = true;
  all.push_back(two);
  std::vector<Specimen> list;
  for (const Specimen& each : all) {
    list.push_back(in_float64(each));
    list.push_back(in_float32(each));
  }
  return list;
}

}  // namespace gradcheck::defects::opaque
