#include "naive_layers.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "naive.hpp"

namespace gradcheck::bench {

namespace {

constexpr double step = 1e-5;

/// Two convolutions without padding, the first under a pool of 2×2, and a dense layer.
class NaiveCnn final : public NaiveNetwork {
 public:
  NaiveCnn() : x_(normal(batch * 14 * 14, 1)) {
    k1_ = give(8 * 9, 9), c1_ = give(8, 9), k2_ = give(16 * 72, 72), c2_ = give(16, 72);
    w_ = give(256 * 10, 256), b_ = give(10, 256);
    for (std::size_t n = 0; n < batch; ++n) {
      labels_.push_back(n * 7 % 10);
    }
  }

  double loss() override {
    convolve(x_, 1, 14, at(k1_), at(c1_), h_);
    pool(h_, 8, 12, p_);
    convolve(p_, 8, 6, at(k2_), at(c2_), g_);
    z_.resize(batch * 10);
    affine(g_, at(w_), at(b_), batch, z_);
    return cross_entropy(z_, labels_);
  }

 private:
  static constexpr std::size_t batch = 8;

  /// ReLU of a convolution with kernels of 3×3.
  static void convolve(const std::vector<double>& x, std::size_t in, std::size_t side,
                       const std::vector<double>& k, const std::vector<double>& c,
                       std::vector<double>& y) {
    const std::size_t out = c.size(), to = side - 2;
    y.resize(batch * out * to * to);
    for (std::size_t m = 0; m < batch * out; ++m) {
      double* const plane = y.data() + m * to * to;
      std::fill_n(plane, to * to, c[m % out]);
      for (std::size_t j = 0; j < in * 9; ++j) {
        const double weight = k[m % out * in * 9 + j];
        const double* const from =
            x.data() + (m / out * in + j / 9) * side * side + j % 9 / 3 * side + j % 3;
        for (std::size_t r = 0; r < to; ++r) {
          for (std::size_t s = 0; s < to; ++s) {
            plane[r * to + s] += weight * from[r * side + s];
          }
        }
      }
    }
    activate(y, Activation::relu);
  }
  static void pool(const std::vector<double>& x, std::size_t channels, std::size_t side,
                   std::vector<double>& y) {
    const std::size_t to = side / 2;
    y.resize(batch * channels * to * to);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t s = i % to, r = i / to % to, plane = i / to / to;
      const double* const at = x.data() + (plane * side + 2 * r) * side + 2 * s;
      y[i] = std::max(std::max(at[0], at[1]), std::max(at[side], at[side + 1]));
    }
  }

  std::vector<double> x_, h_, p_, g_, z_;
  std::vector<std::size_t> labels_;
  std::size_t k1_, c1_, k2_, c2_, w_, b_;
};

/// x̂ g + b in rows of so many columns.
void layer_norm(const std::vector<double>& x, const std::vector<double>& g,
                const std::vector<double>& b, std::vector<double>& y) {
  const std::size_t columns = g.size();
  y.resize(x.size());
  for (std::size_t start = 0; start < x.size(); start += columns) {
    double mean = 0, variance = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      mean += x[start + j] / static_cast<double>(columns);
    }
    for (std::size_t j = 0; j < columns; ++j) {
      variance += (x[start + j] - mean) * (x[start + j] - mean) / static_cast<double>(columns);
    }
    const double inverse = 1 / std::sqrt(variance + 1e-5);
    for (std::size_t j = 0; j < columns; ++j) {
      y[start + j] = (x[start + j] - mean) * inverse * g[j] + b[j];
    }
  }
}

double mean_square(const std::vector<double>& y) {
  double sum = 0;
  for (const double v : y) {
    sum += v * v;
  }
  return sum / static_cast<double>(y.size());
}

/// Rows by time and sample; norm, attention of four heads, sum; norm, two dense layers, sum.
class NaiveTransformer final : public NaiveNetwork {
 public:
  NaiveTransformer() : x_(normal(rows * features, 1)) {
    g1_ = give(64, 1), b1_ = give(64, 1), wi_ = give(64 * 192, 64), bi_ = give(192, 64);
    wo_ = give(64 * 64, 64), bo_ = give(64, 64), g2_ = give(64, 1), b2_ = give(64, 1);
    w1_ = give(64 * 256, 64), c1_ = give(256, 64), w2_ = give(256 * 64, 256), c2_ = give(64, 256);
  }

  double loss() override {
    layer_norm(x_, at(g1_), at(b1_), n_);
    qkv_.resize(rows * 192), shown_.resize(rows * features), a_.resize(rows * features);
    affine(n_, at(wi_), at(bi_), rows, qkv_);
    for (std::size_t head = 0; head < samples * heads; ++head) {
      attend(head / heads, head % heads);
    }
    affine(shown_, at(wo_), at(bo_), rows, a_);
    add(a_, x_);
    layer_norm(a_, at(g2_), at(b2_), n_);
    wide_.resize(rows * 256), y_.resize(rows * features);
    affine(n_, at(w1_), at(c1_), rows, wide_);
    for (double& v : wide_) {
      v *= std::erfc(-v * std::sqrt(0.5)) / 2;
    }
    affine(wide_, at(w2_), at(c2_), rows, y_);
    add(y_, a_);
    return mean_square(y_);
  }

 private:
  static constexpr std::size_t times = 32, samples = 2, features = 64, heads = 4;
  static constexpr std::size_t rows = times * samples, size = features / heads;

  static void add(std::vector<double>& sum, const std::vector<double>& term) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += term[i];
    }
  }
  /// One head of one sample.
  void attend(std::size_t sample, std::size_t head) {
    const auto part = [&](std::size_t t, std::size_t which) {
      return qkv_.data() + (t * samples + sample) * 192 + which * features + head * size;
    };
    double p[times];
    for (std::size_t t = 0; t < times; ++t) {
      double largest = -INFINITY, total = 0;
      for (std::size_t s = 0; s < times; ++s) {
        p[s] = 0;
        for (std::size_t j = 0; j < size; ++j) {
          p[s] += part(t, 0)[j] * part(s, 1)[j];
        }
        p[s] /= std::sqrt(double(size));
        largest = std::max(largest, p[s]);
      }
      for (double& v : p) {
        v = std::exp(v - largest);
        total += v;
      }
      double* const y = shown_.data() + (t * samples + sample) * features + head * size;
      std::fill_n(y, size, 0.0);
      for (std::size_t s = 0; s < times; ++s) {
        for (std::size_t j = 0; j < size; ++j) {
          y[j] += p[s] / total * part(s, 2)[j];
        }
      }
    }
  }

  std::vector<double> x_, n_, qkv_, shown_, a_, wide_, y_;
  std::size_t g1_, b1_, wi_, bi_, wo_, bo_, g2_, b2_, w1_, c1_, w2_, c2_;
};

/// One layer, its weights as (in, 4 H).
class NaiveLstm final : public NaiveNetwork {
 public:
  NaiveLstm() : x_(normal(times * rows * inputs, 1)) {
    wi_ = give(inputs * 4 * units, inputs + units), wh_ = give(units * 4 * units, inputs + units);
    bi_ = give(4 * units, units), bh_ = give(4 * units, units);
  }

  double loss() override {
    u_.resize(times * rows * 4 * units), v_.resize(rows * 4 * units);
    y_.resize(times * rows * units);
    affine(x_, at(wi_), at(bi_), times * rows, u_);
    h_.assign(rows * units, 0);
    c_.assign(rows * units, 0);
    for (std::size_t t = 0; t < times; ++t) {
      affine(h_, at(wh_), at(bh_), rows, v_);
      advance(u_.data() + t * v_.size());
      std::ranges::copy(h_, y_.begin() + static_cast<std::ptrdiff_t>(t * h_.size()));
    }
    return mean_square(y_);
  }

 private:
  static constexpr std::size_t times = 20, rows = 8, inputs = 64, units = 64;

  void advance(const double* u) {
    for (std::size_t k = 0; k < h_.size(); ++k) {
      double a[4];
      for (std::size_t g = 0; g < 4; ++g) {
        const std::size_t i = (k / units * 4 + g) * units + k % units;
        a[g] = g == 2 ? std::tanh(u[i] + v_[i]) : 1 / (1 + std::exp(-u[i] - v_[i]));
      }
      c_[k] = a[1] * c_[k] + a[0] * a[2];
      h_[k] = a[3] * std::tanh(c_[k]);
    }
  }

  std::vector<double> x_, u_, v_, y_, h_, c_;
  std::size_t wi_, wh_, bi_, bh_;
};

}  // namespace

std::size_t NaiveNetwork::give(std::size_t count, std::size_t fan_in) {
  parameters_.push_back(normal(count, static_cast<unsigned>(100 + parameters_.size())));
  for (double& w : parameters_.back()) {
    w /= std::sqrt(static_cast<double>(fan_in));
  }
  return parameters_.size() - 1;
}

std::vector<double> NaiveNetwork::normal(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> distribution;
  std::vector<double> numbers(count);
  std::ranges::generate(numbers, [&] { return distribution(random); });
  return numbers;
}

std::size_t NaiveNetwork::parameters() const {
  std::size_t count = 0;
  for (const std::vector<double>& tensor : parameters_) {
    count += tensor.size();
  }
  return count;
}

double NaiveNetwork::quotient(std::size_t tensor, std::size_t parameter) {
  double& w = parameters_[tensor][parameter];
  const double saved = w;
  w = saved + step;
  const double above = loss();
  w = saved - step;
  const double below = loss();
  w = saved;
  return (above - below) / (2 * step);
}

namespace {

template <class Naive>
std::unique_ptr<NaiveNetwork> made() {
  return std::make_unique<Naive>();
}

}  // namespace

std::vector<LayeredSubject> layered_subjects() {
  return {{"CNN 1x14x14-8-16-10, batch 8", made<NaiveCnn>, cnn_network},
          {"transformer block, T 32, C 64, batch 2", made<NaiveTransformer>, transformer_network},
          {"LSTM, T 20, H 64, batch 8", made<NaiveLstm>, lstm_network}};
}

}  // namespace gradcheck::bench
