#include <cmath>
#include <string>

#include <gradcheck/network/language.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/tensor/random.hpp>

#include "naive_layers.hpp"

namespace gradcheck::bench {

namespace {

/// Gives tensors to a network, one after another, each with random numbers of its own.
class Giver {
 public:
  Giver& input(const std::string& name, const Shape& shape) {
    network_.give(name, Role::input, random_normal(shape, 0, 1, ++seed_));
    return *this;
  }
  Giver& labels(const std::string& name, std::size_t count, std::int64_t classes) {
    network_.give(name, Role::constant, random_integers({count}, 0, classes, ++seed_));
    return *this;
  }
  Giver& zeros(const std::string& name, const Shape& shape) {
    network_.give(name, Role::constant, gradcheck::zeros<double>(shape));
    return *this;
  }
  /// Normal, divided by √fan-in.
  Giver& parameter(const std::string& name, const Shape& shape, std::size_t fan_in) {
    const double deviation = 1 / std::sqrt(static_cast<double>(fan_in));
    network_.give(name, Role::parameter, random_normal(shape, 0, deviation, ++seed_));
    return *this;
  }
  Network network(const std::string& statements) {
    add_statements(network_, parse_statements(statements));
    return std::move(network_);
  }

 private:
  Network network_;
  std::uint64_t seed_ = 0;
};

}  // namespace

Network cnn_network() {
  return Giver()
      .input("x", {8, 1, 14, 14})
      .labels("t", 8, 10)
      .parameter("K1", {8, 1, 3, 3}, 9)
      .parameter("c1", {8}, 9)
      .parameter("K2", {16, 8, 3, 3}, 72)
      .parameter("c2", {16}, 72)
      .parameter("W", {256, 10}, 256)
      .parameter("b", {10}, 256)
      .network(
          "h = max_pool2d(relu(conv2d(x, K1, c1)), kernel_size=2)\n"
          "g = relu(conv2d(h, K2, c2))\n"
          "L = softmax_cross_entropy(affine(flatten(g, start_dim=1), W, b), t)");
}

Network transformer_network() {
  return Giver()
      .input("x", {32, 2, 64})
      .parameter("g1", {64}, 1)
      .parameter("b1", {64}, 1)
      .parameter("Wi", {192, 64}, 64)
      .parameter("bi", {192}, 64)
      .parameter("Wo", {64, 64}, 64)
      .parameter("bo", {64}, 64)
      .parameter("g2", {64}, 1)
      .parameter("b2", {64}, 1)
      .parameter("W1", {64, 256}, 64)
      .parameter("c1", {256}, 64)
      .parameter("W2", {256, 64}, 256)
      .parameter("c2", {64}, 256)
      .network(
          "n = layer_norm(x, g1, b1)\n"
          "a = x + multi_head_attention(n, n, n, Wi, bi, Wo, bo, num_heads=4)\n"
          "y = a + affine(gelu(affine(layer_norm(a, g2, b2), W1, c1)), W2, c2)\n"
          "L = mean(square(y))");
}

Network lstm_network() {
  return Giver()
      .input("x", {20, 8, 64})
      .zeros("h0", {1, 8, 64})
      .zeros("c0", {1, 8, 64})
      .parameter("Wi", {256, 64}, 128)
      .parameter("Wh", {256, 64}, 128)
      .parameter("bi", {256}, 64)
      .parameter("bh", {256}, 64)
      .network("y, h, c = lstm(x, h0, c0, Wi, Wh, bi, bh)\nL = mean(square(y))");
}

}  // namespace gradcheck::bench
