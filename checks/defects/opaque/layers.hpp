#pragma once

#include <cmath>

#include <defects/opaque/body.hpp>

namespace gradcheck::defects::opaque {

/// z = x w of matrices.
template <class T>
Array<T> product(const Array<T>& x, const Array<T>& w) {
  Array<T> z = zeros_of<T>({x.rows(), w.columns()});
  for (std::size_t n = 0; n < z.rows(); ++n) {
    for (std::size_t k = 0; k < x.columns(); ++k) {
      for (std::size_t j = 0; j < z.columns(); ++j) {
        z(n, j) += x(n, k) * w(k, j);
      }
    }
  }
  return z;
}

template <class T>
Array<T> transposed(const Array<T>& x) {
  Array<T> t = zeros_of<T>({x.columns(), x.rows()});
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      t(j, i) = x(i, j);
    }
  }
  return t;
}

/// y = x W + b; dx = dy Wᵀ, dW = xᵀ dy, db = Σ_n dy[n].
/// Errors: "batch sum missing" (db), "W not transposed" (square W).
struct Affine {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = product(x[0], x[1]);
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] += x[2][i % y.columns()];
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> db = zeros_of<T>(x[2].shape);
    const std::size_t summed = fault == "batch sum missing" ? db.size() : dy[0].size();
    for (std::size_t i = 0; i < summed; ++i) {
      db[i % db.size()] += dy[0][i];
    }
    const Array<T> back = fault == "W not transposed" ? x[1] : transposed(x[1]);
    return {product(dy[0], back), product(transposed(x[0]), dy[0]), db};
  }
};

/// y = exp(x - max) / Σ exp(x - max) of each row; dx = y (dy - Σ dy y).
/// Error: "sum missing".
struct Softmax {
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = x[0];
    for (std::size_t n = 0; n < y.rows(); ++n) {
      T most = y(n, 0), sum = 0;
      for (std::size_t j = 1; j < y.columns(); ++j) {
        most = std::max(most, y(n, j));
      }
      for (std::size_t j = 0; j < y.columns(); ++j) {
        sum += y(n, j) = std::exp(y(n, j) - most);
      }
      for (std::size_t j = 0; j < y.columns(); ++j) {
        y(n, j) /= sum;
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    const Array<T> y = forward<T>(x)[0];
    Array<T> dx = y;
    for (std::size_t n = 0; n < y.rows(); ++n) {
      T sum = 0;
      for (std::size_t j = 0; j < y.columns(); ++j) {
        sum += dy[0](n, j) * y(n, j);
      }
      for (std::size_t j = 0; j < y.columns(); ++j) {
        dx(n, j) *= dy[0](n, j) - (fault == "sum missing" ? 0 : sum);
      }
    }
    return {dx};
  }
};

/// y = g (x - μ) / √(σ² + ε) + b over each row, ε = 1e-5.
/// Errors: "mean missing", "deviation missing" (terms of dx), "batch sum missing" (dg).
struct LayerNorm {
  template <class T>
  struct Row {
    T mean = 0, inverse = 0;
  };
  template <class T>
  static Row<T> row(const Array<T>& x, std::size_t n) {
    const T m = static_cast<T>(x.columns());
    Row<T> out;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      out.mean += x(n, j) / m;
    }
    T variance = 0;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      variance += (x(n, j) - out.mean) * (x(n, j) - out.mean) / m;
    }
    out.inverse = 1 / std::sqrt(variance + static_cast<T>(1e-5L));
    return out;
  }
  template <class T>
  Arrays<T> forward(const Arrays<T>& x) const {
    Array<T> y = x[0];
    for (std::size_t n = 0; n < y.rows(); ++n) {
      const Row<T> r = row(x[0], n);
      for (std::size_t j = 0; j < y.columns(); ++j) {
        y(n, j) = x[1][j] * ((y(n, j) - r.mean) * r.inverse) + x[2][j];
      }
    }
    return {y};
  }
  template <class T>
  Arrays<T> backward(const Arrays<T>& dy, const Arrays<T>& x, const Fault& fault) const {
    Array<T> dx = dy[0], dg = zeros_of<T>(x[1].shape), db = dg;
    const T m = static_cast<T>(dx.columns());
    for (std::size_t n = 0; n < dx.rows(); ++n) {
      const Row<T> r = row(x[0], n);
      T sum = 0, along = 0;
      for (std::size_t j = 0; j < dx.columns(); ++j) {
        const T xhat = (x[0](n, j) - r.mean) * r.inverse, dxhat = dy[0](n, j) * x[1][j];
        sum += dxhat / m;
        along += dxhat * xhat / m;
        dg[j] += fault == "batch sum missing" && n > 0 ? 0 : dy[0](n, j) * xhat;
        db[j] += dy[0](n, j);
      }
      for (std::size_t j = 0; j < dx.columns(); ++j) {
        const T xhat = (x[0](n, j) - r.mean) * r.inverse;
        dx(n, j) = r.inverse * (dy[0](n, j) * x[1][j] - (fault == "mean missing" ? 0 : sum) -
                                (fault == "deviation missing" ? 0 : xhat * along));
      }
    }
    return {dx, dg, db};
  }
};

}  // namespace gradcheck::defects::opaque
