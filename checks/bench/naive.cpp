#include "naive.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace gradcheck::bench {

namespace {

constexpr double step = 1e-5;

/// y = x W + b.
void affine(const std::vector<double>& x, const std::vector<double>& w,
            const std::vector<double>& b, std::size_t batch, std::vector<double>& y) {
  const std::size_t out = b.size();
  const std::size_t in = w.size() / out;
  for (std::size_t n = 0; n < batch; ++n) {
    double* row = y.data() + n * out;
    std::copy(b.begin(), b.end(), row);
    for (std::size_t i = 0; i < in; ++i) {
      const double v = x[n * in + i];
      const double* weights = w.data() + i * out;
      for (std::size_t j = 0; j < out; ++j) {
        row[j] += v * weights[j];
      }
    }
  }
}

void activate(std::vector<double>& y, Activation activation) {
  for (double& v : y) {
    v = activation == Activation::relu      ? std::max(v, 0.0)
        : activation == Activation::sigmoid ? 1 / (1 + std::exp(-v))
                                            : std::tanh(v);
  }
}

double cross_entropy(const std::vector<double>& z, const std::vector<std::size_t>& labels) {
  const std::size_t classes = z.size() / labels.size();
  double sum = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const double* row = z.data() + n * classes;
    const double largest = *std::max_element(row, row + classes);
    double total = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      total += std::exp(row[j] - largest);
    }
    sum += std::log(total) + largest - row[labels[n]];
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

std::size_t Perceptron::parameters() const {
  std::size_t count = 0;
  for (std::size_t k = 1; k < widths.size(); ++k) {
    count += (widths[k - 1] + 1) * widths[k];
  }
  return count;
}

Naive::Naive(const Perceptron& network) : network_(network) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  x_.resize(network.batch * network.widths[0]);
  std::ranges::generate(x_, [&] { return normal(random); });
  for (std::size_t n = 0; n < network.batch; ++n) {
    labels_.push_back(random() % network.widths.back());
  }
  for (std::size_t k = 1; k < network.widths.size(); ++k) {
    const std::size_t in = network.widths[k - 1], out = network.widths[k];
    weights_.emplace_back(in * out);
    for (double& w : weights_.back()) {
      w = normal(random) / std::sqrt(static_cast<double>(in));
    }
    biases_.emplace_back(out, 0.1);
    values_.emplace_back(network.batch * out);
  }
}

double Naive::loss() {
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    affine(k == 0 ? x_ : values_[k - 1], weights_[k], biases_[k], network_.batch, values_[k]);
    if (k + 1 < weights_.size() || network_.activate_last) {
      activate(values_[k], network_.activation);
    }
  }
  return cross_entropy(values_.back(), labels_);
}

double Naive::quotient(std::size_t layer, std::size_t parameter) {
  double& w = parameter < weights_[layer].size()
                  ? weights_[layer][parameter]
                  : biases_[layer][parameter - weights_[layer].size()];
  const double saved = w;
  w = saved + step;
  const double above = loss();
  w = saved - step;
  const double below = loss();
  w = saved;
  return (above - below) / (2 * step);
}

}  // namespace gradcheck::bench
