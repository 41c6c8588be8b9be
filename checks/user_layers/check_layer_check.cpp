#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

/// y = x W + b over rows, as written by hand; `bias_factor` spoils the gradient of b.
struct Affine {
  Tensor W = random_normal({3, 4}, 0, 1, 1), b = random_normal({4}, 0, 1, 2);
  Tensor dW, db;
  Tensor x;
  double bias_factor = 1;

  Tensor forward(const Tensor& input) {
    x = input;
    Tensor y = zeros<double>({x.shape()[0], 4});
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      for (std::size_t j = 0; j < 4; ++j) {
        y(n, j) = b(j);
        for (std::size_t i = 0; i < 3; ++i) {
          y(n, j) += x(n, i) * W(i, j);
        }
      }
    }
    return y;
  }

  Tensor backward(const Tensor& dy) {
    Tensor dx = zeros<double>(shape_of(x));
    dW = zeros<double>({3, 4});
    db = zeros<double>({4});
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      for (std::size_t j = 0; j < 4; ++j) {
        db(j) += bias_factor * dy(n, j);
        for (std::size_t i = 0; i < 3; ++i) {
          dW(i, j) += x(n, i) * dy(n, j);
          dx(n, i) += dy(n, j) * W(i, j);
        }
      }
    }
    return dx;
  }

  auto parameters() {
    return std::tuple(std::tuple<const char*, Tensor&, Tensor&>("W", W, dW),
                      std::tuple<const char*, Tensor&, Tensor&>("b", b, db));
  }
};

std::string names_of(const Report& report) {
  std::string names;
  for (const TensorReport& tensor : report.cases.at(0).tensors) {
    names += (names.empty() ? "" : " ") + tensor.name;
  }
  return names;
}

}  // namespace

TEST_CASE("check_layer: a right layer agrees in every entry, by gradients and by Jacobians") {
  Affine layer;
  const Report report = check_layer(layer, {.inputs = {random_normal({5, 3}, 0, 1, 3)}});
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(report.cases[0].id == "Affine");
  CHECK(names_of(report) == "x W b y/x y/W y/b");
  CHECK(report.totals().entries == 31 + 20 * 31);
  CHECK(report.cases[0].coverage.find("L = sum(U * y), U random, dense and of both signs") !=
        std::string::npos);
}

TEST_CASE("check_layer: a wrong gradient of the bias is named, and nothing else is") {
  Affine layer;
  layer.bias_factor = 0.2;
  const Report report = check_layer(layer, {.inputs = {random_normal({5, 3}, 0, 1, 3)}});
  CHECK_FALSE(report.agrees());
  for (const TensorReport& tensor : report.cases[0].tensors) {
    CHECK((tensor.verdict == Verdict::disagree) == (tensor.name == "b"));
  }
  CHECK(report.cases[0].tensors[2].disagreeing == 4);
}
