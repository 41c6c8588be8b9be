#include <array>

#include <doctest/doctest.h>

#include <gradcheck/eigen.hpp>
#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// y = x W + b with Eigen's column-major matrices and row vectors.
struct EigenAffine {
  Eigen::MatrixXd W{{1, 2}, {-0.5, 1}, {3, -2}}, dW;
  Eigen::RowVectorXd b{{0.5, -1}}, db;
  Eigen::MatrixXd x;
  double bias_factor = 1;

  Eigen::MatrixXd forward(const Eigen::MatrixXd& input) {
    x = input;
    return (x * W).rowwise() + b;
  }
  auto backward(const Eigen::Ref<const Eigen::MatrixXd>& dy) {
    dW = x.transpose() * dy;
    db = bias_factor * dy.colwise().sum();
    return Eigen::MatrixXd(dy * W.transpose());
  }
  auto parameters() { return std::tuple(std::tie(W, dW), std::tie(b, db)); }
};

/// y = A x with fixed sizes, row-major storage and a view as input.
struct FixedProduct {
  Eigen::Matrix<double, 2, 3, Eigen::RowMajor> A{{1, 2, 3}, {-1, 0.5, 2}};
  Eigen::Vector3d x;
  Eigen::Vector2d forward(const Eigen::Ref<const Eigen::Vector3d>& input) {
    x = input;
    return A * x;
  }
  Eigen::Vector3d backward(const Eigen::Vector2d& dy) const { return A.transpose() * dy; }
};

const std::array<double, 6> numbers{1, 2, 3, 4, 5, 6};

}  // namespace

TEST_CASE("tensors: Eigen's matrices have the same entries in any storage order") {
  const Tensor t = tensor_of({2, 3}, numbers);
  const auto column_major = TensorTraits<Eigen::MatrixXd>::owned(t);
  const auto row_major = TensorTraits<RowMajor>::owned(t);
  CHECK(column_major(0, 2) == 3);
  CHECK(row_major(0, 2) == 3);
  CHECK(column_major.data()[1] == 4);
  CHECK(row_major.data()[1] == 2);
  CHECK(TensorTraits<Eigen::MatrixXd>::tensor(column_major) == t);
  CHECK(TensorTraits<RowMajor>::tensor(row_major) == t);
}

TEST_CASE("tensors: Eigen's vectors have one axis, and other shapes are refused") {
  const Tensor t = tensor_of({3}, std::span(numbers).first(3));
  CHECK(TensorTraits<Eigen::VectorXd>::tensor(TensorTraits<Eigen::VectorXd>::owned(t)) == t);
  CHECK(TensorTraits<Eigen::RowVectorXd>::tensor(TensorTraits<Eigen::RowVectorXd>::owned(t)) == t);
  CHECK_THROWS_WITH_AS(TensorTraits<Eigen::VectorXd>::owned(tensor_of({2, 3}, numbers)),
                       "tensor: it has shape (2, 3), expected a vector", ShapeError);
  CHECK_THROWS_AS(TensorTraits<Eigen::Matrix2d>::owned(tensor_of({2, 3}, numbers)), ShapeError);
}

TEST_CASE("tensors: a layer over Eigen is checked, and its wrong bias gradient is found") {
  EigenAffine layer;
  const Eigen::MatrixXd x = TensorTraits<Eigen::MatrixXd>::owned(random_normal({5, 3}, 0, 1, 3));
  const Report right = check_layer(layer, {.inputs = {x}});
  CHECK_MESSAGE(right.agrees(), right);
  layer.bias_factor = 0.2;
  const Report wrong = check_layer(layer, {.inputs = {x}});
  for (const TensorReport& tensor : wrong.cases.at(0).tensors) {
    CHECK((tensor.verdict == Verdict::disagree) == (tensor.name == "p1"));
  }
  CHECK(check_layer(FixedProduct{}, {.inputs = {Eigen::Vector3d{1, -2, 0.5}}}).agrees());
}

TEST_CASE("tensors: xtensor's containers of any layout and views have the same entries") {
  const Tensor t = tensor_of({2, 3}, numbers);
  using ColumnMajor = xt::xarray<double, xt::layout_type::column_major>;
  const auto turned = TensorTraits<ColumnMajor>::owned(t);
  CHECK(turned(0, 2) == 3);
  CHECK(TensorTraits<ColumnMajor>::tensor(turned) == t);
  const auto transposed = xt::transpose(t);
  CHECK(TraitsOf<decltype(transposed)>::tensor(transposed)(2, 1) == 6);
}

TEST_CASE("tensors: numbers must fill the shape of a view") {
  std::vector<double> memory(numbers.begin(), numbers.end());
  const auto matrix = view(std::span(memory), {3, 2});
  CHECK(InputTensor(matrix).value(2, 0) == 5);
  CHECK_THROWS_WITH_AS(view(std::span(memory), {4, 2}),
                       "tensor: it has shape (4, 2), expected 6 entries", ShapeError);
}

TEST_CASE("tensors: rows of one length are a matrix, others are refused") {
  using Rows = std::vector<std::vector<double>>;
  CHECK(TensorTraits<Rows>::tensor({{1, 2, 3}, {4, 5, 6}}) == tensor_of({2, 3}, numbers));
  CHECK_THROWS_AS(TensorTraits<Rows>::tensor({{1, 2}, {3}}), ShapeError);
}

TEST_CASE("tensors: integers are labels, and a constant has no gradient") {
  CHECK_FALSE(InputTensor(std::vector<int>{1, 2}).differentiable);
  CHECK(InputTensor(std::vector<float>{1, 2}).differentiable);
  CHECK_FALSE(constant(std::vector<double>{1, 2}).differentiable);
}
