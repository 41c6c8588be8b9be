#include <defects/opaque/expected_failures.hpp>

namespace gradcheck::defects::opaque {

const std::vector<std::string>& expected_failures() {
  static const std::vector<std::string> all{
      "Huber / outside at the kink",
      "Huber, float32 / outside at the kink",
      "batch norm of columns with a mean",
      "exponential series to 0.0001, float32",
      "exponential series to 1e-07",
      "fixed point to 0.0001, float32",
      "fixed point to 1e-07",
      "maximum of all, all equal, equal shares / 1 %",
      "sin(x - c), float32",
      "smaller root of t*t - 2xt + 1",
      "softmax by rows, float32",
      "square root by Heron to 0.001",
      "squared distance by products, nearer",
      "squared distance by products, nearer, float32",
      "x + x |x|^0.2 at 0",
  };
  return all;
}

}  // namespace gradcheck::defects::opaque
