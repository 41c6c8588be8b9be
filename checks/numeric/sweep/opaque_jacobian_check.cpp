#include <cmath>

#include <doctest/doctest.h>

#include <gradcheck/numeric/sweep/opaque_jacobian.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/random.hpp>

#include "lambda_layer.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

/// The Jacobian of f at x as a matrix, outputs by entries, and what it took.
struct Found {
  Tensor value;
  Tensor bound;
  OpaqueJacobian::Structure structure;
  std::uint64_t calls = 0;
};

Found found(const Function& f, const Tensor& x) {
  const KernelLayer<Lambda> layer = lambda_layer(f);
  const Tensor* inputs[] = {&x};
  OpaqueJacobian jacobian(layer, Inputs<double>(inputs), 1);
  const Shape shape{jacobian.function().y().size(), x.size()};
  Found result{zeros<double>(shape), zeros<double>(shape), {}, 0};
  Scope scope;
  bool whole = false;
  while (!whole) {
    result.value = zeros<double>(shape);
    whole = jacobian.differentiate(
        0,
        [&](std::size_t entry, const Derivative& d) {
          result.value(d.output, entry) = d.value;
          result.bound(d.output, entry) = d.bound();
        },
        scope);
  }
  result.structure = jacobian.structure(0);
  result.calls = jacobian.calls();
  return result;
}

/// Every element within its bound of what is expected, and that within `sharp`.
void check_elements(const Found& found,
                    const std::function<double(std::size_t, std::size_t)>& exact, double sharp) {
  for (std::size_t j = 0; j < found.value.shape()[0]; ++j) {
    for (std::size_t i = 0; i < found.value.shape()[1]; ++i) {
      CAPTURE(j);
      CAPTURE(i);
      CHECK(std::abs(found.value(j, i) - exact(j, i)) <= found.bound(j, i) + 1e-15);
      CHECK(found.bound(j, i) <= sharp);
    }
  }
}

}  // namespace

TEST_CASE("opaque jacobian: a product takes one displacement for each row of its weight") {
  const Tensor x = normal({6, 20}, 1), w = normal({20, 16}, 2);
  const Found by_weight = found([&](const Tensor& each) { return matmul(x, each); }, w);
  CHECK(by_weight.structure.affine);
  CHECK(by_weight.structure.groups == 20);
  CHECK(by_weight.calls < 120);
  check_elements(
      by_weight,
      [&](std::size_t j, std::size_t i) { return j % 16 == i % 16 ? x(j / 16, i / 16) : 0.0; },
      1e-12);
}

TEST_CASE("opaque jacobian: an elementwise function takes a few calls for any size") {
  const Tensor x = normal({30, 20}, 3);
  const Found tanh = found([](const Tensor& each) { return Tensor(xt::tanh(each)); }, x);
  CHECK_FALSE(tanh.structure.affine);
  CHECK(tanh.structure.groups == 1);
  CHECK(tanh.calls < 500);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = 1 - std::pow(std::tanh(x.data()[i]), 2);
    CHECK(std::abs(tanh.value(i, i) - exact) <= tanh.bound(i, i));
    CHECK(tanh.bound(i, i) <= 1e-6);
  }
}

TEST_CASE("opaque jacobian: what is affine for all entries together alone is not taken for it") {
  // x³ of single entries cancels when all of them move by ±d: the sum of odd powers does not show.
  const Function liar = [](const Tensor& x) {
    Tensor y = zeros<double>({1});
    for (std::size_t i = 0; i < x.size(); ++i) {
      y(0) += x.data()[i] + (std::abs(x.data()[i]) > 3 ? 1 : 0);
    }
    return y;
  };
  const Found result = found(liar, full<double>({20}, 1.0));
  CHECK_FALSE(result.structure.affine);
}

TEST_CASE("opaque jacobian: groups that do not tell the truth are given up") {
  // Outputs see a second entry only while that is near its value at the point.
  const Tensor x = full<double>({40}, 1.0);
  const Function hidden = [](const Tensor& each) {
    Tensor y = each * each;
    for (std::size_t i = 0; i < each.size(); ++i) {
      const double other = each.data()[(i + 1) % each.size()] - 1;
      y.data()[i] += std::abs(other) < 0x1p-13 ? other : 0;
    }
    return y;
  };
  const KernelLayer<Lambda> layer = lambda_layer(hidden);
  const Tensor* inputs[] = {&x};
  OpaqueJacobian jacobian(layer, Inputs<double>(inputs), 1);
  CHECK(jacobian.distrust_groups(0));
  CHECK_FALSE(jacobian.distrust_groups(0));
  CHECK(jacobian.structure(0).groups == 40);
}

TEST_CASE("opaque jacobian: only what is wanted is moved") {
  const Function square = [](const Tensor& each) { return Tensor(each * each); };
  const KernelLayer<Lambda> layer = lambda_layer(square);
  const Tensor x = normal({50}, 4);
  const Tensor* inputs[] = {&x};
  OpaqueJacobian jacobian(layer, Inputs<double>(inputs), 1);
  Scope scope;
  scope.wanted.assign(50, false);
  scope.wanted[7] = scope.wanted[31] = true;
  std::size_t told = 0;
  CHECK(jacobian.differentiate(
      0,
      [&](std::size_t entry, const Derivative& d) {
        ++told;
        CHECK((entry == 7 || entry == 31));
        CHECK(std::abs(d.value - 2 * x(entry)) <= d.bound());
      },
      scope));
  CHECK(told == 2);
  CHECK(scope.done == scope.wanted);
}

TEST_CASE("opaque jacobian: all entries together along a direction") {
  const Function f = [](const Tensor& each) { return Tensor(xt::sin(each)); };
  const KernelLayer<Lambda> layer = lambda_layer(f);
  const Tensor x = normal({9}, 5), upstream = normal({9}, 6);
  const Tensor* inputs[] = {&x};
  OpaqueJacobian jacobian(layer, Inputs<double>(inputs), 1);
  std::vector<Move> direction;
  double exact = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    direction.push_back({0, i, 0.1 * static_cast<double>(i + 1)});
    exact += direction.back().by * upstream(i) * std::cos(x(i));
  }
  const Derivative d = jacobian.along(direction, upstream);
  CHECK(std::abs(d.value - exact) <= d.bound());
  CHECK(d.bound() <= 1e-6);
}
