#include <cmath>

#include <defects/opaque/corpus.hpp>
#include <defects/opaque/layers.hpp>

namespace gradcheck::defects::opaque {

namespace {

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

/// An LSTM cell: z = [x, h] W + b with gates i, f, o, g; c' = σ(f) c + σ(i) tanh(g),
/// h' = σ(o) tanh(c'). Outputs h', c'; inputs x, h, c; parameters W, b.
/// Errors: "forget gate missing" (dc without σ(f)), "cell path missing" (dc' of h' dropped),
/// "batch sum missing" (db).
struct LstmCell {
  template <class T>
  struct Gates {
    Array<T> joined, z, next;  ///< [x, h], its product, c'
  };
  template <class T>
  static Gates<T> gates(const Arrays<T>& x) {
    const std::size_t in = x[0].columns(), m = x[1].columns();
    Gates<T> g{zeros_of<T>({x[0].rows(), in + m}), {}, x[2]};
    for (std::size_t n = 0; n < x[0].rows(); ++n) {
      for (std::size_t k = 0; k < in + m; ++k) {
        g.joined(n, k) = k < in ? x[0](n, k) : x[1](n, k - in);
      }
    }
    g.z = Affine{}.forward<T>({g.joined, x[3], x[4]})[0];
    for (std::size_t n = 0; n < x[0].rows(); ++n) {
      for (std::size_t j = 0; j < m; ++j) {
        g.next(n, j) = logistic(g.z(n, m + j)) * x[2](n, j) +
                       logistic(g.z(n, j)) * std::tanh(g.z(n, 3 * m + j));
      }
    }
    return g;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    const Gates<T> g = gates(x);
    Array<T> h = x[1];
    for (std::size_t n = 0; n < h.rows(); ++n) {
      for (std::size_t j = 0; j < h.columns(); ++j) {
        h(n, j) = logistic(g.z(n, 2 * h.columns() + j)) * std::tanh(g.next(n, j));
      }
    }
    return {h, g.next};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Gates<T> g = gates(x);
    const std::size_t m = x[1].columns();
    Array<T> dz = g.z, dc = x[2];
    for (std::size_t n = 0; n < dc.rows(); ++n) {
      for (std::size_t j = 0; j < m; ++j) {
        const T i = logistic(g.z(n, j)), f = logistic(g.z(n, m + j)),
                o = logistic(g.z(n, 2 * m + j)), a = std::tanh(g.z(n, 3 * m + j)),
                t = std::tanh(g.next(n, j));
        const T inner = fault == "cell path missing" ? 0 : dy[0](n, j) * o * (1 - t * t);
        const T dnext = dy[1](n, j) + inner;
        dz(n, j) = dnext * a * i * (1 - i);
        dz(n, m + j) = dnext * x[2](n, j) * f * (1 - f);
        dz(n, 2 * m + j) = dy[0](n, j) * t * o * (1 - o);
        dz(n, 3 * m + j) = dnext * i * (1 - a * a);
        dc(n, j) = dnext * (fault == "forget gate missing" ? 1 : f);
      }
    }
    return split(Affine{}.backward<T>({dz}, {g.joined, x[3], x[4]}, fault), dc, x[0].columns());
  }

 private:
  template <class T>
  static Arrays<T> split(const Arrays<T>& d, const Array<T>& dc, std::size_t in) {
    Array<T> dx = zeros_of<T>({dc.rows(), in}), dh = zeros_of<T>(dc.shape);
    for (std::size_t n = 0; n < dc.rows(); ++n) {
      for (std::size_t k = 0; k < d[0].columns(); ++k) {
        (k < in ? dx(n, k) : dh(n, k - in)) = d[0](n, k);
      }
    }
    return {dx, dh, dc, d[1], d[2]};
  }
};

/// h ← tanh(x[t] w + h u), elementwise, over the rows t of x from h = 0 on; the last h.
/// Errors: "one step only" (nothing passes to earlier times), "derivative missing" (of tanh).
struct Recurrence {
  template <class T>
  static Arrays<T> states(const Arrays<T>& x) {
    Arrays<T> h{zeros_of<T>({x[0].columns()})};
    for (std::size_t t = 0; t < x[0].rows(); ++t) {
      h.push_back(h.back());
      for (std::size_t j = 0; j < x[0].columns(); ++j) {
        h[t + 1][j] = std::tanh(x[0](t, j) * x[1][j] + h[t][j] * x[2][j]);
      }
    }
    return h;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    return {states(x).back()};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Arrays<T> h = states(x);
    Array<T> dh = dy[0], dx = zeros_of<T>(x[0].shape), dw = zeros_of<T>(x[1].shape), du = dw;
    for (std::size_t t = x[0].rows(); t-- > 0;) {
      for (std::size_t j = 0; j < dh.size(); ++j) {
        const T y = h[t + 1][j];
        const T dz = dh[j] * (fault == "derivative missing" ? 1 : 1 - y * y);
        dx(t, j) = dz * x[1][j];
        dw[j] += dz * x[0](t, j);
        du[j] += dz * h[t][j];
        dh[j] = fault == "one step only" ? 0 : dz * x[2][j];
      }
    }
    return {dx, dw, du};
  }
};

}  // namespace

std::vector<Specimen> recurrent_specimens() {
  const Draw dense = within(0.3, 1.2, true);
  Specimen cell{"LSTM cell", "recurrent layers"};
  cell.body = body_of(LstmCell{});
  cell.given = {{"x", {2, 3}, dense},
                {"h", {2, 2}, dense},
                {"c", {2, 2}, dense},
                {"W", {5, 8}, within(0.1, 0.8, true)},
                {"b", {8}, dense}};
  cell.inputs = 3;
  cell.several_outputs = true;
  cell.faults = {"forget gate missing", "cell path missing", "batch sum missing", "sign", "1 %"};
  Specimen recurrence{"recurrence over time", "recurrent layers"};
  recurrence.body = body_of(Recurrence{});
  recurrence.given = {{"x", {4, 3}, dense}, {"w", {3}, dense}, {"u", {3}, dense}};
  recurrence.faults = {"one step only", "derivative missing", "sign", "last tensor's sign", "1 %"};
  std::vector<Specimen> list;
  for (const Specimen& each : {cell, recurrence}) {
    list.push_back(in_float64(each));
    list.push_back(in_float32(each));
  }
  return list;
}

}  // namespace gradcheck::defects::opaque
