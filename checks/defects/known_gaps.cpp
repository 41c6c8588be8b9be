#include <defects/known_gaps.hpp>

namespace gradcheck::defects {

const std::vector<std::string>& known_gaps() {
  static const std::vector<std::string> gaps{
      "1/x near 0",
      "1/x near 0 / divide: relative 1e-6",
      "12 sigmoid layers without weights",
      "20 sigmoid layers",
      "20 sigmoid layers / multiply: relative 1e-3",
      "20 sigmoid layers / multiply: sign",
      "20 sigmoid layers / sigmoid: missing factor",
      "20 sigmoid layers with large weights",
      "24 sigmoid layers without weights",
      "24 sigmoid layers without weights / sigmoid: relative 1e-3",
      "24 sigmoid layers without weights / sigmoid: sign",
      "a norm near 0 / sqrt: relative 1e-6",
      "a sharp corner sqrt(x ** 2 + 1e-12) / sqrt: missing epsilon",
      "a sharp corner sqrt(x ** 2 + 1e-12) / sqrt: relative 1e-3",
      "a sharp corner sqrt(x ** 2 + 1e-12) / square: sign",
      "a sum that nearly cancels",
      "gradients of 1e-12 in a network of scale 1 / affine: relative 1e-3",
      "log at 1e-300",
      "log at 1e-300 / log: scale",
      "log at 1e-300 / log: sign",
      "log(1 - x) near 1",
      "loss plus 1e8",
      "reciprocal near 0",
      "reciprocal near 0 / reciprocal: missing epsilon",
      "relu of a zero row with zero biases",
      "sigmoid at 30",
      "sigmoid at 700",
      "silu at 700",
      "silu at 700 / silu: scale",
      "sin(x) at 1e4 / sin: relative 1e-5",
      "sin(x) at 1e4 / sin: wrong argument",
      "softmax at 700",
      "tanh at 15",
      "x ** 1.5 near 0 / power: relative 1e-5",
      "x ** 2.5 at 0",
  };
  return gaps;
}

}  // namespace gradcheck::defects
