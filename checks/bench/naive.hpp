#pragma once

#include <cstddef>
#include <vector>

namespace gradcheck::bench {

enum class Activation { relu, sigmoid, tanh };

/// The activation of each number, in place.
void activate(std::vector<double>& y, Activation activation);

/// y = x W + b over a batch of rows.
void affine(const std::vector<double>& x, const std::vector<double>& w,
            const std::vector<double>& b, std::size_t batch, std::vector<double>& y);

/// The mean cross-entropy of softmax over the rows of z.
double cross_entropy(const std::vector<double>& z, const std::vector<std::size_t>& labels);

/// A stack of affine layers with an activation after each (after the last as well, if asked for)
/// and a softmax cross-entropy, for one batch.
struct Perceptron {
  std::vector<std::size_t> widths;  ///< of the input and of each layer
  std::size_t batch = 1;
  Activation activation = Activation::relu;
  bool activate_last = false;

  std::size_t parameters() const;
};

/// The checker that everybody writes first: two whole forwards for every parameter, by hand. What
/// gradcheck is compared with, so its loops are as fast as plain C++ makes them: products in tiles
/// reach what BLAS does at these sizes.
class Naive {
 public:
  explicit Naive(const Perceptron& network);

  double loss();

  /// (L(w + h) − L(w − h)) / 2h for one parameter of a layer.
  double quotient(std::size_t layer, std::size_t parameter);

  std::size_t layers() const { return weights_.size(); }

 private:
  Perceptron network_;
  std::vector<double> x_;
  std::vector<std::size_t> labels_;
  std::vector<std::vector<double>> weights_, biases_, values_;
};

}  // namespace gradcheck::bench
