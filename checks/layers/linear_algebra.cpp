#include <gradcheck/layers/linear_algebra.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor a = tensor({3, 3}, {2, 1, 0.5, -1, 3, 0.25, 0.5, -0.75, 1.5});
const Tensor b = tensor({3, 2}, {1, 2, 0.5, -1, 2, 0});
const Tensor positive = tensor({3, 3}, {6.25, 1.125, 1, 1.125, 11.0625, -2.375, 1, -2.375, 4.0625});

/// Matrices well away from singular ones: n on the diagonal, the rest within ±1.
Tensor batch(const Shape& shape, std::uint64_t seed) {
  Tensor x = random_uniform(shape, -1, 1, seed);
  const std::size_t n = shape.back();
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] += i / n % n == i % n ? double(n) : 0;
  }
  return x;
}

}  // namespace

TEST_CASE("linear algebra: values agree with PyTorch") {
  CHECK(near(value(standard("inverse"), {a}),
             tensor({3, 3}, {0.44117647058823534, -0.1764705882352941, -0.11764705882352941,
                             0.15294117647058822, 0.2588235294117647, -0.09411764705882353,
                             -0.07058823529411765, 0.18823529411764706, 0.6588235294117647}),
             2e-15L));
  CHECK(near(value(standard("solve"), {a, b}),
             tensor({3, 2}, {0.11764705882352944, 1.0588235294117647, 0.09411764705882353,
                             0.047058823529411764, 1.3411764705882352, -0.32941176470588235}),
             2e-15L));
  CHECK(near(value(standard("determinant"), {a}), scalar(10.625), 2e-16L));
  CHECK(near(value(standard("logdet"), {a}), scalar(2.3632097148104805), 1e-15L));
  CHECK(near(value(standard("cholesky"), {positive}),
             tensor({3, 3}, {2.5, 0, 0, 0.45, 3.295451410656816, 0, 0.4, -0.7753110823414519,
                             1.8169735071262119}),
             1e-15L));
}

TEST_CASE("linear algebra: gradients agree with central differences, of batches too") {
  for (const Tensor& x : {a, batch({2, 4, 4}, 1), batch({2, 3, 1, 1}, 2)}) {
    for (const char* name : {"inverse", "determinant", "logdet"}) {
      check_layer(standard(name), {x});
    }
  }
  check_layer(standard("cholesky"), {positive});
  check_layer(standard("cholesky"), {batch({2, 3, 3}, 3)});
  check_layer(standard("solve"), {a, b});
  check_layer(standard("solve"), {a, vector({1, -2, 3})});
  check_layer(standard("solve"), {batch({2, 3, 3}, 4), random_signed({2, 3, 2}, 0.5, 2, 5)});
  check_layer(standard("solve"), {a, random_signed({2, 3, 2}, 0.5, 2, 6)});
  check_layer(standard("solve"), {batch({2, 3, 3}, 7), b});
}

TEST_CASE("determinant: its gradient is right for singular matrices") {
  check_layer(standard("determinant"), {tensor({3, 3}, {1, 2, 3, 2, 4, 6, 0, 1, 1})});
  check_layer(standard("determinant"), {tensor({2, 2}, {0, 0, 0, 5})});
  check_layer(standard("determinant"), {zeros<double>({2, 2})});
}

TEST_CASE("linear algebra: empty matrices have determinant 1") {
  CHECK(near(value(standard("determinant"), {zeros<double>({2, 0, 0})}), vector({1, 1}), 0));
  CHECK(value(standard("inverse"), {zeros<double>({0, 0})}).size() == 0);
}

TEST_CASE("linear algebra: what has no answer is refused") {
  const Tensor singular = tensor({2, 2}, {1, 2, 2, 4});
  CHECK(refusal(standard("inverse"), std::vector<Shape>{{2, 3}}) ==
        "inverse: x has shape (2, 3), expected (..., n, n)");
  CHECK(refusal(standard("solve"), std::vector<Shape>{{3, 3}, {2}}) ==
        "solve: b has shape (2,), expected (3,) or (..., 3, k), for a has shape (3, 3)");
  CHECK(refusal(standard("inverse"), Tensors<double>{singular}) ==
        "inverse: x has a singular matrix, expected an invertible one");
  CHECK(refusal(standard("solve"), Tensors<double>{singular, vector({1, 2})}) ==
        "solve: x has a singular matrix, expected an invertible one");
  CHECK(refusal(standard("logdet"), Tensors<double>{tensor({2, 2}, {0, 1, 1, 0})}) ==
        "logdet: x has a determinant that is not positive, expected a positive one");
  CHECK(refusal(standard("cholesky"), Tensors<double>{tensor({2, 1, 1}, {1, -1})}) ==
        "cholesky: matrix 1 of x has a matrix that is not positive definite, expected one that is");
  CHECK(standard_layers().find("det")->name == "determinant");
  CHECK(standard_layers().find("inv")->name == "inverse");
}
