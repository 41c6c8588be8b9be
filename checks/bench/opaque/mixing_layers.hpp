#pragma once

#include <algorithm>
#include <cmath>
#include <tuple>

#include "counted.hpp"

namespace gradcheck::bench {

/// y = gamma (x − μ) / √(σ² + ε) + beta, with μ and σ² of each of `groups` runs of numbers. As
/// layer norm, a row is a run, and gamma and beta have an entry for each column; over one feature,
/// the batch is the run, and they have one entry.
struct Normalisation : Counted {
  static constexpr double epsilon = 1e-5;
  Tensor gamma, beta, dgamma, dbeta, xhat;
  std::size_t groups;
  std::vector<double> inverse;  ///< 1 / √(σ² + ε), by run

  Normalisation(std::size_t runs, std::size_t features)
      : gamma(random_normal({features}, 1, 0.2, 5)),
        beta(random_normal({features}, 0, 1, 6)),
        dgamma(gamma),
        dbeta(beta),
        groups(runs) {}

  Tensor forward(const Tensor& x) {
    ++forwards;
    xhat = x;
    inverse.assign(groups, 0);
    Tensor y = x;
    const std::size_t run = x.size() / groups;
    for (std::size_t g = 0; g < groups; ++g) {
      double* at = xhat.data() + g * run;
      double mean = 0, square = 0;
      for (std::size_t i = 0; i < run; ++i) {
        mean += at[i] / static_cast<double>(run);
      }
      for (std::size_t i = 0; i < run; ++i) {
        at[i] -= mean;
        square += at[i] * at[i] / static_cast<double>(run);
      }
      inverse[g] = 1 / std::sqrt(square + epsilon);
      for (std::size_t i = 0; i < run; ++i) {
        at[i] *= inverse[g];
        const std::size_t k = i % gamma.size();
        y.data()[g * run + i] = gamma.data()[k] * at[i] + beta.data()[k];
      }
    }
    return y;
  }

  Tensor backward(const Tensor& given) {
    Tensor dx = upstream(given);
    dgamma = zeros<double>(shape_of(gamma));
    dbeta = zeros<double>(shape_of(beta));
    const std::size_t run = dx.size() / groups;
    for (std::size_t g = 0; g < groups; ++g) {
      double *d = dx.data() + g * run, *h = xhat.data() + g * run, mean = 0, along = 0;
      for (std::size_t i = 0; i < run; ++i) {
        const std::size_t k = i % gamma.size();
        dgamma.data()[k] += d[i] * h[i];
        dbeta.data()[k] += d[i];
        d[i] *= gamma.data()[k];
        mean += d[i] / static_cast<double>(run);
        along += d[i] * h[i] / static_cast<double>(run);
      }
      for (std::size_t i = 0; i < run; ++i) {
        d[i] = inverse[g] * (d[i] - mean - h[i] * along);
      }
    }
    return dx;
  }

  auto parameters() {
    return std::tuple(std::tuple<const char*, Tensor&, Tensor&>("gamma", gamma, dgamma),
                      std::tuple<const char*, Tensor&, Tensor&>("beta", beta, dbeta));
  }
};

/// Softmax over all numbers at once.
struct Softmax : Counted {
  Tensor y;

  Tensor forward(const Tensor& x) {
    ++forwards;
    y = x;
    const double most = *std::max_element(x.data(), x.data() + x.size());
    double sum = 0;
    for (double& each : entries(y)) {
      each = std::exp(each - most);
      sum += each;
    }
    for (double& each : entries(y)) {
      each /= sum;
    }
    return y;
  }

  Tensor backward(const Tensor& given) {
    Tensor dx = upstream(given);
    double along = 0;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      along += dx.data()[i] * y.data()[i];
    }
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx.data()[i] = y.data()[i] * (dx.data()[i] - along);
    }
    return dx;
  }
};

}  // namespace gradcheck::bench
