#include <algorithm>
#include <cmath>

#include "naive.hpp"

namespace gradcheck::bench {

void activate(std::vector<double>& y, Activation activation) {
  switch (activation) {
    case Activation::relu:
      std::ranges::transform(y, y.begin(), [](double v) { return std::max(v, 0.0); });
      return;
    case Activation::sigmoid:
      std::ranges::transform(y, y.begin(), [](double v) { return 1 / (1 + std::exp(-v)); });
      return;
    case Activation::tanh:
      std::ranges::transform(y, y.begin(), [](double v) { return std::tanh(v); });
  }
}

}  // namespace gradcheck::bench
