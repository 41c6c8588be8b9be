#include <defects/known_gaps.hpp>

namespace gradcheck::defects {

const std::vector<std::string>& known_gaps() {
  static const std::vector<std::string> gaps{
      "1/x near 0",
      "20 sigmoid layers",
      "20 sigmoid layers / multiply: relative 1e-3",
      "20 sigmoid layers / multiply: sign",
      "20 sigmoid layers / sigmoid: missing factor",
      "24 sigmoid layers without weights",
      "24 sigmoid layers without weights / sigmoid: relative 1e-3",
      "24 sigmoid layers without weights / sigmoid: sign",
      "a sharp corner sqrt(x ** 2 + 1e-12)",
      "a sum that nearly cancels",
      "gradients of 1e-12 in a network of scale 1 / affine: relative 1e-3",
      "log at 1e-300",
      "log at 1e-300 / log: scale",
      "log at 1e-300 / log: sign",
      "log(1 - x) near 1",
      "loss plus 1e8",
      "loss plus 1e8, gradients of 1e-4 / affine: relative 1e-3",
      "reciprocal near 0",
      "silu at 700 / silu: scale",
      "softmax at 700",
      "x ** 1.5 near 0",
      "x ** 1.5 near 0 / power: relative 1e-5",
      "x ** 2.5 at 0",
  };
  return gaps;
}

}  // namespace gradcheck::defects
