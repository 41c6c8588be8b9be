#pragma once

#include <cmath>
#include <tuple>

#include "counted.hpp"

namespace gradcheck::bench {

/// y = x W + b.
struct Linear : Counted {
  Tensor W, b, dW, db, x;

  Linear(std::size_t in, std::size_t out, std::uint64_t seed = 1)
      : W(random_normal({in, out}, 0, 1 / std::sqrt(static_cast<double>(in)), seed)),
        b(random_normal({out}, 0, 1, seed + 1)),
        dW(W),
        db(b) {}

  Tensor forward(const Tensor& input) {
    ++forwards;
    x = input;
    const std::size_t rows = x.shape()[0], in = W.shape()[0], out = W.shape()[1];
    Tensor y = zeros<double>({rows, out});
    for (std::size_t n = 0; n < rows; ++n) {
      double* to = y.data() + n * out;
      std::copy(b.data(), b.data() + out, to);
      for (std::size_t i = 0; i < in; ++i) {
        const double each = x.data()[n * in + i];
        const double* from = W.data() + i * out;
        for (std::size_t j = 0; j < out; ++j) {
          to[j] += each * from[j];
        }
      }
    }
    return y;
  }

  Tensor backward(const Tensor& given) {
    const Tensor dy = upstream(given);
    const std::size_t rows = x.shape()[0], in = W.shape()[0], out = W.shape()[1];
    Tensor dx = zeros<double>({rows, in});
    dW = zeros<double>({in, out});
    db = zeros<double>({out});
    for (std::size_t n = 0; n < rows; ++n) {
      const double* d = dy.data() + n * out;
      for (std::size_t i = 0; i < in; ++i) {
        const double each = x.data()[n * in + i];
        double sum = 0;
        for (std::size_t j = 0; j < out; ++j) {
          dW.data()[i * out + j] += each * d[j];
          sum += W.data()[i * out + j] * d[j];
        }
        dx.data()[n * in + i] = sum;
      }
      for (std::size_t j = 0; j < out; ++j) {
        db.data()[j] += d[j];
      }
    }
    return dx;
  }

  auto parameters() {
    return std::tuple(std::tuple<const char*, Tensor&, Tensor&>("W", W, dW),
                      std::tuple<const char*, Tensor&, Tensor&>("b", b, db));
  }
};

/// Images x (N, C, H, H) and filters W (F, C, k, k): y (N, F, H − k + 1, H − k + 1).
struct Convolution : Counted {
  Tensor W, b, dW, db, x;

  Convolution(std::size_t channels, std::size_t filters, std::size_t width)
      : W(random_normal({filters, channels, width, width}, 0, 0.3, 3)),
        b(random_normal({filters}, 0, 1, 4)),
        dW(W),
        db(b) {}

  /// Calls step(y, x, W) for every product, with flat positions.
  template <class Step>
  void each_product(Step step) const {
    const std::size_t images = x.shape()[0], channels = x.shape()[1], height = x.shape()[2];
    const std::size_t filters = W.shape()[0], k = W.shape()[2], out = height - k + 1;
    for (std::size_t n = 0; n < images; ++n) {
      for (std::size_t f = 0; f < filters; ++f) {
        for (std::size_t c = 0; c < channels; ++c) {
          for (std::size_t u = 0; u < k * k; ++u) {
            for (std::size_t i = 0; i < out; ++i) {
              const std::size_t to = ((n * filters + f) * out + i) * out;
              const std::size_t from = ((n * channels + c) * height + i + u / k) * height + u % k;
              for (std::size_t j = 0; j < out; ++j) {
                step(to + j, from + j, (f * channels + c) * k * k + u);
              }
            }
          }
        }
      }
    }
  }

  Tensor forward(const Tensor& input) {
    ++forwards;
    x = input;
    const std::size_t out = x.shape()[2] - W.shape()[2] + 1, filters = W.shape()[0];
    Tensor y = zeros<double>({x.shape()[0], filters, out, out});
    for (std::size_t p = 0; p < y.size(); ++p) {
      y.data()[p] = b(p / (out * out) % filters);
    }
    double* to = y.data();
    const double *from = x.data(), *weights = W.data();
    each_product(
        [=](std::size_t p, std::size_t q, std::size_t w) { to[p] += from[q] * weights[w]; });
    return y;
  }

  Tensor backward(const Tensor& given) {
    const Tensor dy = upstream(given);
    Tensor dx = zeros<double>(shape_of(x));
    dW = zeros<double>(shape_of(W));
    db = zeros<double>(shape_of(b));
    const std::size_t plane = dy.shape()[2] * dy.shape()[3];
    for (std::size_t p = 0; p < dy.size(); ++p) {
      db(p / plane % db.size()) += dy.data()[p];
    }
    each_product([&](std::size_t p, std::size_t q, std::size_t w) {
      dx.data()[q] += dy.data()[p] * W.data()[w];
      dW.data()[w] += dy.data()[p] * x.data()[q];
    });
    return dx;
  }

  auto parameters() {
    return std::tuple(std::tuple<const char*, Tensor&, Tensor&>("W", W, dW),
                      std::tuple<const char*, Tensor&, Tensor&>("b", b, db));
  }
};

/// GELU by its tanh formula: ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³), entry by entry.
struct Gelu : Counted {
  static constexpr double c = 0.7978845608028654, cubic = 0.044715;
  Tensor x;

  Tensor forward(const Tensor& input) {
    ++forwards;
    x = input;
    Tensor y = x;
    for (double& each : entries(y)) {
      each = 0.5 * each * (1 + std::tanh(c * (each + cubic * each * each * each)));
    }
    return y;
  }

  Tensor backward(const Tensor& given) {
    Tensor dx = upstream(given);
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const double at = x.data()[i], t = std::tanh(c * (at + cubic * at * at * at));
      const double du = c * (1 + 3 * cubic * at * at);
      dx.data()[i] *= 0.5 * (1 + t) + 0.5 * at * (1 - t * t) * du;
    }
    return dx;
  }
};

}  // namespace gradcheck::bench
