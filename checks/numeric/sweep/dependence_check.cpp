#include <cmath>
#include <random>

#include <doctest/doctest.h>

#include <gradcheck/numeric/sweep/dependence.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/random.hpp>

#include "lambda_layer.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

/// The groups of f's entries at x. Each output that has an owner in a group must change as it does
/// when that owner is moved alone; the others must not change.
std::size_t groups_of(const Function& f, const Tensor& x, double tolerance = 0,
                      double step = 0.25) {
  const KernelLayer<Lambda> layer = lambda_layer(f);
  const Tensor* inputs[] = {&x};
  OpaqueFunction function(layer, Inputs<double>(inputs));
  const Tensor scales = full<double>(shape_of(x), 1);
  const std::vector<double> tolerances = tolerances_of(function);
  const Dependence dependence(function, 0, scales, tolerances, false, 1);
  std::size_t entries = 0;
  for (std::size_t group = 0; group < dependence.groups(); ++group) {
    const std::vector<std::uint32_t>& members = dependence.members(group);
    entries += members.size();
    const auto owners = dependence.owners(group);
    std::vector<Move> moves;
    for (const std::uint32_t entry : members) {
      moves.push_back({0, entry, step});
    }
    const std::vector<double> together = function.moved(moves);
    for (std::size_t j = 0; j < owners.size(); ++j) {
      double alone = function.y()[j];
      if (owners[j]) {
        const Move owner[] = {{0, members[*owners[j]], step}};
        alone = function.moved(owner)[j];
      }
      CAPTURE(group);
      CAPTURE(j);
      CHECK(std::abs(together[j] - alone) <= tolerance);
    }
  }
  CHECK(entries == x.size());
  return dependence.groups();
}

}  // namespace

TEST_CASE("dependence: entries that work each by themselves make one group") {
  const Function f = [](const Tensor& x) { return Tensor(xt::tanh(x) * 3.0); };
  CHECK(groups_of(f, normal({6, 7}, 1)) == 1);
  CHECK(groups_of(f, normal({1000}, 2)) == 1);
}

TEST_CASE("dependence: entries that are dead within reach do no harm") {
  const Function relu = [](const Tensor& x) { return Tensor(xt::maximum(x, 0.0)); };
  Tensor x = normal({5, 9}, 3);
  x(0, 0) = -50;
  CHECK(groups_of(relu, x) == 1);
}

TEST_CASE("dependence: columns of a weight and rows of an input stay apart") {
  const Tensor x = normal({5, 12}, 1), w = normal({12, 9}, 2);
  CHECK(groups_of([&](const Tensor& each) { return matmul(x, each); }, w) == 12);
  CHECK(groups_of([&](const Tensor& each) { return matmul(each, w); }, x) == 12);
}

TEST_CASE("dependence: windows of a convolution are told apart by their width") {
  const Function smooth = [](const Tensor& x) {  // sum of three neighbours, of each of four rows
    Tensor y = zeros<double>({4, x.shape()[1] - 2});
    for (std::size_t n = 0; n < 4; ++n) {
      for (std::size_t i = 0; i + 2 < x.shape()[1]; ++i) {
        y(n, i) = x(n, i) + 2 * x(n, i + 1) - std::exp(x(n, i + 2));
      }
    }
    return y;
  };
  CHECK(groups_of(smooth, normal({4, 60}, 1)) == 3);
}

TEST_CASE("dependence: heads of any width stay apart") {
  const Function heads = [](const Tensor& x) {  // of 24 features, 4 heads of 6: sums of squares
    Tensor y = zeros<double>({3, 4});
    for (std::size_t n = 0; n < 3; ++n) {
      for (std::size_t i = 0; i < 24; ++i) {
        y(n, i / 6) += x(n, i) * x(n, i);
      }
    }
    return y;
  };
  CHECK(groups_of(heads, normal({3, 24}, 1)) == 6);
  const Function many = [](const Tensor& x) {
    Tensor y = zeros<double>({2, 16, 16});
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.data()[i / 3] += std::cos(x.data()[i]);
    }
    return y;
  };
  CHECK(groups_of(many, normal({2, 16, 16, 3}, 1)) == 3);
}

TEST_CASE("dependence: where everything depends on everything, each entry is alone") {
  const Function softmax = [](const Tensor& x) {
    const Tensor e = xt::exp(x);
    double sum = 0;
    for (const double each : entries(e)) {
      sum += each;
    }
    return Tensor(e / sum);
  };
  CHECK(groups_of(softmax, normal({40}, 1)) == 40);
}

TEST_CASE("dependence: a layer that gives a little else each time keeps its structure") {
  std::mt19937_64 random(5);
  const Function noisy = [&](const Tensor& x) {
    Tensor y = x * 2.0;
    for (double& each : entries(y)) {
      each += 1e-13 * signed_part(random);
    }
    return y;
  };
  CHECK(groups_of(noisy, normal({8, 8}, 1), 1e-11) == 1);
}

TEST_CASE("dependence: a refusal tells nothing, so entries are moved alone") {
  const Function picky = [](const Tensor& x) {
    for (const double each : entries(x)) {
      if (std::abs(each) > 0.6) {
        throw ValueError("picky: too large");
      }
    }
    return Tensor(x * 1.0);
  };
  CHECK(groups_of(picky, full<double>({20}, 0.5), 0, 0.0625) == 20);
}
