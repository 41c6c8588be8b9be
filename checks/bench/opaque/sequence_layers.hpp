#pragma once

#include <cmath>
#include <tuple>
#include <vector>

#include "counted.hpp"

namespace gradcheck::bench {

/// softmax(q kᵀ / √d) v for each of `heads` heads of d columns; q, k, v (T, C).
struct Attention : Counted {
  std::size_t heads = 4;
  Tensor q, k, v, p;  ///< p (heads, T, T): the weights

  Tensor forward(const Tensor& q_in, const Tensor& k_in, const Tensor& v_in) {
    ++forwards;
    q = q_in, k = k_in, v = v_in;
    const std::size_t steps = q.shape()[0], width = q.shape()[1], d = width / heads;
    p = zeros<double>({heads, steps, steps});
    Tensor y = zeros<double>({steps, width});
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t t = 0; t < steps; ++t) {
        double* weights = p.data() + (h * steps + t) * steps;
        double sum = 0;
        for (std::size_t s = 0; s < steps; ++s) {
          for (std::size_t c = h * d; c < (h + 1) * d; ++c) {
            weights[s] += q.data()[t * width + c] * k.data()[s * width + c];
          }
          weights[s] = std::exp(weights[s] / std::sqrt(static_cast<double>(d)));
          sum += weights[s];
        }
        for (std::size_t s = 0; s < steps; ++s) {
          weights[s] /= sum;
          for (std::size_t c = h * d; c < (h + 1) * d; ++c) {
            y.data()[t * width + c] += weights[s] * v.data()[s * width + c];
          }
        }
      }
    }
    return y;
  }

  std::vector<Tensor> backward(const Tensor& given) {
    const Tensor dy = upstream(given);
    const std::size_t steps = q.shape()[0], width = q.shape()[1], d = width / heads;
    std::vector<Tensor> dx(3, zeros<double>(shape_of(q)));
    const double scale = 1 / std::sqrt(static_cast<double>(d));
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t t = 0; t < steps; ++t) {
        const double* weights = p.data() + (h * steps + t) * steps;
        std::vector<double> dp(steps);
        double along = 0;
        for (std::size_t s = 0; s < steps; ++s) {
          for (std::size_t c = h * d; c < (h + 1) * d; ++c) {
            dp[s] += dy(t, c) * v(s, c);
            dx[2](s, c) += weights[s] * dy(t, c);
          }
          along += dp[s] * weights[s];
        }
        for (std::size_t s = 0; s < steps; ++s) {
          const double dscore = scale * weights[s] * (dp[s] - along);
          for (std::size_t c = h * d; c < (h + 1) * d; ++c) {
            dx[0](t, c) += dscore * k(s, c);
            dx[1](s, c) += dscore * q(t, c);
          }
        }
      }
    }
    return dx;
  }
};

/// [x, h] W + b = (i, f, o, g); c' = σ(f) c + σ(i) tanh g; h' = σ(o) tanh c'. Gives h'.
struct LstmCell : Counted {
  std::size_t in, m;
  Tensor W, b, dW, db, c, joined, gates, next;  ///< gates: after σ and tanh

  LstmCell(std::size_t inputs, std::size_t states)
      : in(inputs),
        m(states),
        W(random_normal({in + m, 4 * m}, 0, 0.2, 7)),
        b(random_normal({4 * m}, 0, 0.2, 8)),
        dW(W),
        db(b) {}

  static double logistic(double x) { return 1 / (1 + std::exp(-x)); }

  Tensor forward(const Tensor& x, const Tensor& h, const Tensor& c_in) {
    ++forwards;
    const std::size_t rows = x.shape()[0];
    c = next = c_in;
    Tensor y = c_in;
    joined = zeros<double>({rows, in + m});
    gates = zeros<double>({rows, 4 * m});
    for (std::size_t n = 0; n < rows; ++n) {
      double* z = gates.data() + n * 4 * m;
      std::copy(x.data() + n * in, x.data() + (n + 1) * in, joined.data() + n * (in + m));
      std::copy(h.data() + n * m, h.data() + (n + 1) * m, joined.data() + n * (in + m) + in);
      std::copy(b.data(), b.data() + 4 * m, z);
      for (std::size_t i = 0; i < in + m; ++i) {
        for (std::size_t j = 0; j < 4 * m; ++j) {
          z[j] += joined.data()[n * (in + m) + i] * W.data()[i * 4 * m + j];
        }
      }
      for (std::size_t j = 0; j < 4 * m; ++j) {
        z[j] = j < 3 * m ? logistic(z[j]) : std::tanh(z[j]);
      }
      for (std::size_t j = 0; j < m; ++j) {
        next.data()[n * m + j] = z[m + j] * c.data()[n * m + j] + z[j] * z[3 * m + j];
        y.data()[n * m + j] = z[2 * m + j] * std::tanh(next.data()[n * m + j]);
      }
    }
    return y;
  }

  std::vector<Tensor> backward(const Tensor& given) {
    const Tensor dy = upstream(given);
    const std::size_t rows = dy.shape()[0];
    Tensor dx = zeros<double>({rows, in}), dh = zeros<double>({rows, m}), dc = dh;
    dW = zeros<double>(shape_of(W));
    db = zeros<double>(shape_of(b));
    for (std::size_t n = 0; n < rows; ++n) {
      std::vector<double> dz(4 * m);
      const double* z = gates.data() + n * 4 * m;
      for (std::size_t j = 0; j < m; ++j) {
        const double t = std::tanh(next(n, j)), dnext = dy(n, j) * z[2 * m + j] * (1 - t * t);
        dz[j] = dnext * z[3 * m + j] * z[j] * (1 - z[j]);
        dz[m + j] = dnext * c(n, j) * z[m + j] * (1 - z[m + j]);
        dz[2 * m + j] = dy(n, j) * t * z[2 * m + j] * (1 - z[2 * m + j]);
        dz[3 * m + j] = dnext * z[j] * (1 - z[3 * m + j] * z[3 * m + j]);
        dc(n, j) = dnext * z[m + j];
      }
      for (std::size_t j = 0; j < 4 * m; ++j) {
        db(j) += dz[j];
        for (std::size_t i = 0; i < in + m; ++i) {
          dW(i, j) += joined(n, i) * dz[j];
          (i < in ? dx(n, i) : dh(n, i - in)) += W(i, j) * dz[j];
        }
      }
    }
    return {dx, dh, dc};
  }

  auto parameters() {
    return std::tuple(std::tuple<const char*, Tensor&, Tensor&>("W", W, dW),
                      std::tuple<const char*, Tensor&, Tensor&>("b", b, db));
  }
};

}  // namespace gradcheck::bench
