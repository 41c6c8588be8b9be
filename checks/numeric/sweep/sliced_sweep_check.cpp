#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/numeric/rounding/survey.hpp>
#include <gradcheck/numeric/sweep/shared_sweep.hpp>
#include <gradcheck/numeric/sweep/sliced_sweep.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

std::map<std::string, Leaf> leaves_of_rows() {
  return {{"x", parameter(normal({7, 5}, 1))},  {"t", input(normal({7, 4}, 2))},
          {"W1", parameter(normal({5, 6}, 3))}, {"b1", parameter(normal({6}, 4))},
          {"W2", parameter(normal({6, 4}, 5))}, {"b2", parameter(normal({4}, 6))}};
}

/// Every parameter, entry by entry, within its bound of backward in long double; the same to the
/// bit on three threads.
void check_all(const std::string& text, const std::map<std::string, Leaf>& leaves) {
  CAPTURE(text);
  const Network network = network_of(text, leaves);
  const Point point = survey(network.graph(), forward<double>(network), 0);
  const Values<long double> truth =
      backward<long double>(network, point.long_values(), network.loss(), scalar<long double>(1));
  SlicedSweep sweep(network.graph(), point, 0, 1);
  SlicedSweep threaded(network.graph(), point, 0, 3);
  for (const ValueId leaf : network.leaves()) {
    if (network.value(leaf).role != Role::parameter) {
      continue;
    }
    CAPTURE(network.value(leaf).name);
    const std::optional<Swept> swept = sweep.run(leaf, network.loss(), 0);
    const std::optional<Swept> same = threaded.run(leaf, network.loss(), 0);
    CAPTURE(sweep.broken_promise());
    REQUIRE(swept.has_value());
    REQUIRE(same.has_value());
    for (std::size_t i = 0; i < truth[leaf].size(); ++i) {
      const Estimate estimate = swept->estimate(i);
      CHECK(std::abs(estimate.value - truth[leaf].data()[i]) <= estimate.bound());
      CHECK(estimate.bound() <= 1e-5L);
      CHECK(same->estimate(i).value == estimate.value);
      CHECK(same->estimate(i).bound() == estimate.bound());
    }
  }
}

/// y = x, with row 0 of x added to all others; says that it keeps rows apart.
struct Leaking {
  static constexpr std::size_t arity = 1;
  Shape shape(const Shape& x) const { return x; }
  Structure structure(std::span<const Shape>) const {
    return {.kind = Structure::Kind::by_rows, .rows = {true}};
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    TensorOf<Real> y = x;
    for (std::size_t i = x.shape()[1]; i < x.size(); ++i) {
      y.data()[i] += x.data()[i % x.shape()[1]];
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// L = Σ_n Σ_j z_nj² over the rows of z; says that a small change of z changes it by nothing.
struct Numb {
  static constexpr std::size_t arity = 1;
  Shape shape(const Shape&) const { return {}; }
  Structure structure(std::span<const Shape>) const { return {.kind = Structure::Kind::row_terms}; }
  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& z) const {
    TensorOf<Real> terms = zeros<Real>({z.shape()[0]});
    for (std::size_t i = 0; i < z.size(); ++i) {
      terms.data()[i / z.shape()[1]] += z.data()[i] * z.data()[i];
    }
    return terms;
  }
  void change_terms(const Tensor& z, std::span<const std::uint32_t> rows, const Tensor& moved,
                    std::span<double> changes) const {
    const std::size_t extent = z.shape()[1];
    for (std::size_t l = 0; l < rows.size(); ++l) {
      changes[l] = 0;
      for (std::size_t j = 0; j < extent; ++j) {
        const double before = z.data()[rows[l] * extent + j], after = moved.data()[l * extent + j];
        changes[l] += std::abs(after - before) < 1e-3 ? 0 : after * after - before * before;
      }
    }
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& z) const {
    return sum_to(terms(z), {});
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& z,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(z)));
  }
};

}  // namespace

TEST_CASE("sliced sweep: entries moved alone, of rows, columns and single samples") {
  check_all("L = half_squared_error(tanh(affine(x, W1, b1)) @ W2 + b2, t)", leaves_of_rows());
  check_all("L = mean(softmax(relu(x @ W1 - b1) @ W2 + b2) * t) * 3 + 1", leaves_of_rows());
  check_all("L = half_squared_error(W2 @ sigmoid(W1 @ a + b1), t)",
            {{"a", parameter(normal({5, 7}, 1))},
             {"t", input(normal({4, 7}, 2))},
             {"W1", parameter(normal({6, 5}, 3))},
             {"b1", parameter(normal({6, 1}, 4))},
             {"W2", parameter(normal({4, 6}, 5))}});
  check_all("L = mean_squared_error(W2 @ relu(W1 @ a + b1), t)",
            {{"a", parameter(normal({5}, 1))},
             {"t", input(normal({4}, 2))},
             {"W1", parameter(normal({6, 5}, 3))},
             {"b1", parameter(normal({6}, 4))},
             {"W2", parameter(normal({4, 6}, 5))}});
}

TEST_CASE("sliced sweep: what is used several times adds up") {
  check_all("h1 = tanh(x @ U + h @ V + b)\nL = l2(tanh(x @ U + h1 @ V + b)) + sum(h1)",
            {{"x", input(normal({6, 3}, 1))},
             {"h", input(normal({6, 4}, 2))},
             {"U", parameter(normal({3, 4}, 3))},
             {"V", parameter(normal({4, 4}, 4))},
             {"b", parameter(normal({4}, 5))}});
}

TEST_CASE("sliced sweep: weights of an input that is 0 everywhere move no row") {
  Tensor x = normal({7, 5}, 1);
  for (std::size_t n = 0; n < 7; ++n) {
    x(n, 2) = 0;
  }
  const std::map<std::string, Leaf> leaves{{"x", input(x)},
                                           {"t", input(random_integers({7}, 0, 4, 2))},
                                           {"s", input(normal({7, 4}, 2))},
                                           {"W", parameter(normal({5, 4}, 3))}};
  check_all("L = softmax_cross_entropy(x @ W, t)", leaves);
  check_all("L = half_squared_error(softmax(x @ W), s)", leaves);
  check_all("L = multiclass_hinge(x @ W, t)", leaves);
  check_all("L = softmax_cross_entropy(relu(x @ W) @ V, t)", [&] {
    std::map<std::string, Leaf> deeper = leaves;
    deeper.insert({"V", parameter(normal({4, 4}, 5))});
    return deeper;
  }());
}

TEST_CASE("sliced sweep: a layer that couples rows in secret is noticed") {
  Network network;
  const ValueId x = network.give("x", Role::input, normal({5, 4}, 1));
  const ValueId W = network.give("W", Role::parameter, normal({4, 3}, 2));
  const ValueId z = network.apply("z", make_layer(*standard_layers().find("matmul"), {}), {x, W});
  const ValueId y = network.apply("y", make_layer("leaking", Leaking{}), {z});
  network.apply("L", make_layer(*standard_layers().find("l2"), {}), {y});
  const Point point = survey(network.graph(), forward<double>(network), 0);
  SlicedSweep sweep(network.graph(), point, 0, 1);
  CHECK_FALSE(sweep.run(W, network.loss(), 0).has_value());
  CHECK(sweep.broken_promise().find("keeps rows apart") != std::string::npos);
}

TEST_CASE("sweeps: a loss whose terms change otherwise than it says is noticed by both") {
  Network network;
  const ValueId x = network.give("x", Role::input, normal({5, 4}, 1));
  const ValueId W = network.give("W", Role::parameter, normal({4, 3}, 2));
  const ValueId z = network.apply("z", make_layer(*standard_layers().find("matmul"), {}), {x, W});
  network.apply("L", make_layer("numb", Numb{}), {z});
  const Point point = survey(network.graph(), forward<double>(network), 0);
  SlicedSweep sliced(network.graph(), point, 0, 1);
  SharedSweep shared(network.graph(), point, 0);
  for (TensorSweep* sweep : std::initializer_list<TensorSweep*>{&sliced, &shared}) {
    CHECK_FALSE(sweep->run(W, network.loss(), 0).has_value());
    CHECK(sweep->broken_promise().find("says by how much its terms change") != std::string::npos);
  }
}

TEST_CASE("sliced sweep: a softmax cross-entropy of one row, of many, and of rows of rows") {
  const auto leaves = [](const Shape& x, Leaf t) {
    return std::map<std::string, Leaf>{{"x", parameter(normal(x, 1))},
                                       {"t", std::move(t)},
                                       {"W", parameter(normal({5, 4}, 3))},
                                       {"b", parameter(normal({4}, 4))}};
  };
  const std::string loss = "L = softmax_cross_entropy(x @ W + b, t)";
  check_all(loss, leaves({7, 5}, input(random_integers({7}, 0, 4, 2))));
  check_all(loss, leaves({7, 5}, input(random_uniform({7, 4}, 0, 1, 2))));
  check_all(loss, leaves({5}, input(scalar<double>(2))));
  const Network network =
      network_of(loss, leaves({7, 3, 5}, input(random_integers({7, 3}, 0, 4, 2))));
  const Point point = survey(network.graph(), forward<double>(network), 0);
  SlicedSweep sweep(network.graph(), point, 0, 1);
  CHECK(sweep.run(*network.find("x"), network.loss(), 0).has_value());
  CHECK(sweep.broken_promise() == "");
}
