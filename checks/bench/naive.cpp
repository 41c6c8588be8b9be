#include "naive.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace gradcheck::bench {

namespace {

constexpr double step = 1e-5;

// A product is summed up tile by tile of y, which stays near while W streams by.
constexpr std::size_t tile_rows = 8;
constexpr std::size_t tile_columns = 32;
// With fewer rows, copying columns of W into a panel costs more than it saves.
constexpr std::size_t panel_rows = 64;

/// `columns` columns of W, so many doubles apart from row to row.
struct Panel {
  const double* w;
  std::size_t stride;
  std::size_t columns;
};

/// y = x W + b for a few rows and the panel's columns.
template <std::size_t rows>
void affine_tile(const double* x, std::size_t in, const Panel& panel, const double* b, double* y,
                 std::size_t out) {
  double sums[rows][tile_columns] = {};
  for (std::size_t i = 0; i < in; ++i) {
    const double* weights = panel.w + i * panel.stride;
#pragma GCC unroll 8
    for (std::size_t n = 0; n < rows; ++n) {
      for (std::size_t j = 0; j < tile_columns; ++j) {
        sums[n][j] += x[n * in + i] * weights[j];
      }
    }
  }
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t j = 0; j < panel.columns; ++j) {
      y[n * out + j] = sums[n][j] + b[j];
    }
  }
}

/// The columns of W from j on; copied one after the other where that pays, and where they are fewer
/// than a tile has.
Panel panel_at(const std::vector<double>& w, std::size_t out, std::size_t j, std::size_t batch,
               std::vector<double>& copy) {
  const std::size_t columns = std::min(tile_columns, out - j);
  if (columns == tile_columns && batch < panel_rows) {
    return {w.data() + j, out, columns};
  }
  const std::size_t in = w.size() / out;
  copy.assign(in * tile_columns, 0);
  for (std::size_t i = 0; i < in; ++i) {
    std::copy_n(w.data() + i * out + j, columns, copy.data() + i * tile_columns);
  }
  return {copy.data(), tile_columns, columns};
}

}  // namespace

void affine(const std::vector<double>& x, const std::vector<double>& w,
            const std::vector<double>& b, std::size_t batch, std::vector<double>& y) {
  static std::vector<double> copy;
  const std::size_t out = b.size();
  const std::size_t in = w.size() / out;
  for (std::size_t j = 0; j < out; j += tile_columns) {
    const Panel panel = panel_at(w, out, j, batch, copy);
    std::size_t n = 0;
    for (; n + tile_rows <= batch; n += tile_rows) {
      affine_tile<tile_rows>(x.data() + n * in, in, panel, b.data() + j, y.data() + n * out + j,
                             out);
    }
    for (; n < batch; ++n) {
      affine_tile<1>(x.data() + n * in, in, panel, b.data() + j, y.data() + n * out + j, out);
    }
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
