#include <cmath>
#include <numeric>

#include <doctest/doctest.h>
#include <network/program.hpp>
#include <numeric/sweep/swept.hpp>

#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/linalg.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

Tensor labels(std::size_t rows, std::size_t classes) {
  Tensor t = empty<double>({rows});
  for (std::size_t n = 0; n < rows; ++n) {
    t.data()[n] = static_cast<double>((3 * n + 1) % classes);
  }
  return t;
}

/// A network at its point, with all gradients in long double: the truth, where backward is right.
struct SweptNetwork {
  explicit SweptNetwork(Network built)
      : network(std::move(built)),
        point(evaluate_point(network.graph(), forward<double>(network), 0)),
        truth(backward<long double>(network, point.long_values(), network.loss(),
                                    scalar<long double>(1))),
        sweep(network.graph(), point, 0) {}

  std::optional<std::vector<Estimate>> run(const std::string& name) {
    return swept(sweep, *network.find(name), network.loss(), 0);
  }

  /// Whether every entry was found, and is within its bound of the truth.
  void check(const std::string& name) {
    CAPTURE(name);
    const std::optional<std::vector<Estimate>> found = run(name);
    CAPTURE(sweep.violated_declaration());
    REQUIRE(found.has_value());
    const LongTensor& right = truth[*network.find(name)];
    for (std::size_t i = 0; i < right.size(); ++i) {
      const Estimate estimate = found->at(i);
      CAPTURE(i);
      CHECK(std::abs(estimate.value - right.data()[i]) <= estimate.bound() + 1e-18L);
      CHECK(estimate.bound() <= 1e-9L * (1 + std::abs(right.data()[i])));
    }
  }

  Network network;
  EvaluationPoint point;
  Values<long double> truth;
  ReverseSweep sweep;
};

/// Every named leaf of the network that the loss can be differentiated by.
void check_all(Network network) {
  SweptNetwork swept(std::move(network));
  for (const ValueId leaf : swept.network.leaves()) {
    if (swept.network.value(leaf).role == Role::parameter) {
      swept.check(swept.network.value(leaf).name);
    }
  }
}

/// A layer that says of itself what `Claimed` says, and does what `Really` does.
template <class Really>
struct Liar : Really {
  Structure claimed;
  Structure structure(std::span<const Shape>) const { return claimed; }
};

/// y = x minus the mean of its column: every row sees all others.
struct Centred {
  static constexpr std::size_t arity = 1;
  Shape shape(const Shape& x) const { return x; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const std::size_t rows = x.shape()[0], columns = x.shape()[1];
    TensorOf<Real> y = x;
    for (std::size_t j = 0; j < columns; ++j) {
      Real sum = 0;
      for (std::size_t n = 0; n < rows; ++n) {
        sum += x.data()[n * columns + j];
      }
      for (std::size_t n = 0; n < rows; ++n) {
        y.data()[n * columns + j] -= sum / Real(rows);
      }
    }
    return y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>&,
                         const TensorOf<Real>&) const {
    return pack<Real>(forward<Real>(dy));
  }
};

/// y = a (b + b²/100): not linear in b.
struct BentProduct {
  static constexpr std::size_t arity = 2;
  Shape shape(const Shape& a, const Shape& b) const { return matmul_shape("bent", a, b); }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& a, const TensorOf<Real>& b) const {
    return matmul(a, map(b, [](Real v) { return v + v * v / 100; }));
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& a, const TensorOf<Real>& b,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(a)), zeros<Real>(shape_of(b)));
  }
};

/// L = Σ x² + x[0] x[last] / 1000: a term across rows.
struct CrossedSum {
  static constexpr std::size_t arity = 1;
  Shape shape(const Shape&) const { return {}; }
  template <class Real>
  TensorOf<Real> terms(const TensorOf<Real>& x) const {
    return map(x, [](Real v) { return v * v; });
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    Real sum = x.data()[0] * x.data()[x.size() - 1] / 1000;
    for (const Real v : entries(x)) {
      sum += v * v;
    }
    return scalar(sum);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// x W through `layer`, squared and summed; or x W straight into it.
template <class Kernel>
Network through(Kernel kernel, bool is_loss, std::size_t inputs = 4) {
  Network network;
  const ValueId x = network.give("x", Role::input, normal({5, inputs}, 1));
  const ValueId W = network.give("W", Role::parameter, normal({inputs, 3}, 2));
  const ValueId z = network.apply("z", make_layer(*standard_layers().find("matmul"), {}), {x, W});
  const LayerPtr layer = make_layer("liar", std::move(kernel));
  if (is_loss) {
    network.apply("L", layer, {z});
    return network;
  }
  const ValueId y = network.apply("y", layer, {z});
  network.apply("L", make_layer(*standard_layers().find("l2"), {}), {y});
  return network;
}

}  // namespace

TEST_CASE("sweep: weights and biases of networks of rows are within their bounds") {
  const std::map<std::string, Leaf> leaves{
      {"x", parameter(normal({7, 5}, 1))},  {"t", input(labels(7, 4))},
      {"W1", parameter(normal({5, 6}, 2))}, {"b1", parameter(normal({6}, 3))},
      {"W2", parameter(normal({6, 4}, 4))}, {"b2", parameter(normal({4}, 5))}};
  for (const std::string f : {"sigmoid", "relu", "tanh", "elu", "gelu", "abs"}) {
    CAPTURE(f);
    check_all(network_of("L = softmax_cross_entropy(" + f + "(x @ W1 + b1) @ W2 + b2, t)", leaves));
    check_all(network_of("L = multiclass_hinge(affine(" + f + "(affine(x, W1, b1)), W2, b2), t)",
                         leaves));
  }
  check_all(network_of("y = softmax(tanh(x @ W1 - b1) @ W2 + b2)\nL = sum(log(y) * y)", leaves));
  check_all(
      network_of("h = tanh(x @ W1 + b1)\nL = mean((h @ W2 + b2) ** 2) + 0.01 * l2(h)", leaves));
}

TEST_CASE("sweep: networks of columns, and of a single sample") {
  const std::map<std::string, Leaf> columns{{"a", parameter(normal({5, 7}, 1))},
                                            {"t", input(normal({4, 7}, 2))},
                                            {"W1", parameter(normal({6, 5}, 3))},
                                            {"b1", parameter(normal({6, 1}, 4))},
                                            {"W2", parameter(normal({4, 6}, 5))}};
  check_all(network_of("L = half_squared_error(W2 @ sigmoid(W1 @ a + b1), t)", columns));
  const std::map<std::string, Leaf> vectors{{"a", parameter(normal({5}, 1))},
                                            {"t", input(normal({4}, 2))},
                                            {"W1", parameter(normal({6, 5}, 3))},
                                            {"b1", parameter(normal({6}, 4))},
                                            {"W2", parameter(normal({4, 6}, 5))}};
  check_all(network_of("L = mean_squared_error(W2 @ relu(W1 @ a + b1), t)", vectors));
}

TEST_CASE("sweep: a weight that is used several times adds up over its uses") {
  const std::map<std::string, Leaf> leaves{{"x", input(normal({6, 3}, 1))},
                                           {"h", input(normal({6, 4}, 2))},
                                           {"U", parameter(normal({3, 4}, 3))},
                                           {"V", parameter(normal({4, 4}, 4))},
                                           {"b", parameter(normal({4}, 5))}};
  check_all(
      network_of("h1 = tanh(x @ U + h @ V + b)\nh2 = tanh(x @ U + h1 @ V + b)\n"
                 "L = sum(h2 * h2) + sum(h1)",
                 leaves));
  check_all(network_of("y = tanh(h @ V) @ V.T + b\nL = l2(y)",
                       {{"h", leaves.at("h")}, {"V", leaves.at("V")}, {"b", leaves.at("b")}}));
}

TEST_CASE("sweep: a few entries before many classes are left to be found by themselves") {
  const auto refined = [](std::size_t classes, std::size_t entries) {
    const SweptNetwork net(network_of("L = softmax_cross_entropy(x @ W, t)",
                                      {{"x", input(normal({4, 3}, 1))},
                                       {"t", input(labels(4, classes))},
                                       {"W", parameter(normal({3, classes}, 2))}}));
    const ValueId W = *net.network.find("W");
    ReverseSweep sweep(net.network.graph(), net.point, 0);
    REQUIRE(swept(sweep, W, net.network.loss(), 0));
    std::vector<std::size_t> places(entries);
    std::iota(places.begin(), places.end(), std::size_t{0});
    return sweep.refine(W, places).size();
  };
  CHECK(refined(300, 2) == 0);
  CHECK(refined(300, 40) == 40);
  CHECK(refined(7, 2) == 2);
}

TEST_CASE("sweep: several threads find what one finds, to the bit, in the same order") {
  const SweptNetwork net(
      network_of("L = sum(tanh(x @ W) * (x @ W))",
                 {{"x", input(normal({9, 150}, 1))}, {"W", parameter(normal({150, 250}, 2))}}));
  const ValueId W = *net.network.find("W");
  const auto found_by = [&](std::size_t jobs) {
    ReverseSweep sweep(net.network.graph(), net.point, 0, nullptr, jobs);
    return swept(sweep, W, net.network.loss(), 0).value();
  };
  const std::vector<Estimate> alone = found_by(1);
  REQUIRE(alone.size() == 150 * 250);
  for (const std::size_t jobs : {2, 5}) {
    const std::vector<Estimate> together = found_by(jobs);
    REQUIRE(together.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      REQUIRE(together[i].value == alone[i].value);
      REQUIRE(together[i].bound() == alone[i].bound());
    }
  }
}

TEST_CASE("sweep: rows of another scale than their tensor are seen from near") {
  Tensor x = normal({6, 3}, 1);
  for (std::size_t i = 0; i < 6; ++i) {
    x.data()[i] *= 1e9;  // from the scale of these two rows, a softmax looks like a maximum
  }
  SweptNetwork network(network_of("L = sum(softmax(x) * u)",
                                  {{"x", parameter(x)}, {"u", input(normal({6, 3}, 2))}}));
  const std::optional<std::vector<Estimate>> found = network.run("x");
  REQUIRE(found.has_value());
  const LongTensor& right = network.truth[*network.network.find("x")];
  for (std::size_t i = 6; i < right.size(); ++i) {
    CAPTURE(i);
    const Estimate estimate = found->at(i);
    CHECK(std::abs(estimate.value - right.data()[i]) <= estimate.bound());
    CHECK(estimate.bound() <= 1e-9L);
  }
}

TEST_CASE("sweep: slopes of a cross-entropy lose nothing to how large it is") {
  SweptNetwork network(
      network_of("L = softmax_cross_entropy(z, t)",
                 {{"z", parameter(normal({6, 9}, 5))}, {"t", input(labels(6, 9))}}));
  network.check("z");
  const std::optional<std::vector<Estimate>> found = network.run("z");
  for (std::size_t i = 0; i < 6 * 9; ++i) {
    CHECK(found->at(i).bound() <= 2e-15L);
  }
}

TEST_CASE("sweep: a sum behind the rows' sum counts with its own slope") {
  const std::map<std::string, Leaf> leaves{{"x", input(normal({6, 3}, 1))},
                                           {"W", parameter(normal({3, 4}, 3))}};
  check_all(network_of("s = sum(sigmoid(x @ W))\nL = log(s) * 3 + s ** 2", leaves));
}

TEST_CASE("sweep: rows that see each other, sums over axes, entries that are moved about") {
  const std::map<std::string, Leaf> leaves{
      {"x", parameter(normal({8, 5}, 1))},  {"t", input(labels(8, 3))},
      {"W1", parameter(normal({5, 6}, 2))}, {"W2", parameter(normal({6, 3}, 3))},
      {"g", parameter(normal({6}, 4))},     {"b", parameter(normal({6}, 5))}};
  check_all(
      network_of("z = x @ W1\nm = mean(z, axis=0)\nv = mean((z - m) ** 2, axis=0)\n"
                 "y = (z - m) / sqrt(v + 0.1) * g + b\n"
                 "L = softmax_cross_entropy(relu(y) @ W2, t)",
                 leaves));
  const std::map<std::string, Leaf> pieces{{"x", parameter(normal({8, 6}, 1))},
                                           {"W1", parameter(normal({6, 6}, 2))},
                                           {"b", parameter(normal({3}, 3))}};
  check_all(
      network_of("p, q = split(x @ W1, sections=2, axis=1)\nz = concat(q, tanh(p) + b, axis=0)\n"
                 "L = sum(sigmoid(reshape(z, shape=[6, 8]).T)[1:, ::2] ** 2) + sum(z[0])",
                 pieces));
}

TEST_CASE("sweep: a layer of which nothing is known is moved entry by entry, if that is worth it") {
  SweptNetwork narrow(through(Centred{}, false));
  CHECK_FALSE(narrow.run("W").has_value());
  CHECK(narrow.sweep.violated_declaration().empty());

  SweptNetwork wide(through(Centred{}, false, 40));
  wide.check("W");
}

TEST_CASE("sweep: each output of a vector has slopes of its own") {
  const Network network = network_of("y = tanh(x @ W) @ V", {{"x", input(normal({3, 4}, 1))},
                                                             {"W", parameter(normal({4, 5}, 2))},
                                                             {"V", parameter(normal({5, 2}, 3))}});
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  ReverseSweep sweep(network.graph(), point, 0);
  const ValueId y = network.loss(), W = *network.find("W");
  for (std::size_t output = 0; output < 6; ++output) {
    LongTensor upstream = zeros<long double>({3, 2});
    upstream.data()[output] = 1;
    const LongTensor right = backward<long double>(network, point.long_values(), y, upstream)[W];
    const std::optional<std::vector<Estimate>> found = swept(sweep, W, y, output);
    REQUIRE(found.has_value());
    for (std::size_t i = 0; i < right.size(); ++i) {
      const Estimate estimate = found->at(i);
      CHECK(std::abs(estimate.value - right.data()[i]) <= estimate.bound());
      CHECK(estimate.bound() <= 1e-11L);
    }
  }
}

namespace {

/// y = x² / 2, or its sum.
struct HalfSquare {
  static constexpr std::size_t arity = 1;
  bool summed = false;
  Shape shape(const Shape& x) const { return summed ? Shape{} : x; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    const TensorOf<Real> y = map(x, [](Real v) { return v * v / 2; });
    return summed ? sum_to(y, {}) : y;
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(x)));
  }
};

/// stack, and how often it was evaluated.
struct CountedStack : Stack {
  std::size_t* evaluations;
  template <class Real>
  TensorOf<Real> forward(Inputs<Real> x) const {
    ++*evaluations;
    return Stack::forward<Real>(x);
  }
};

/// What is said of W behind a layer that claims that structure.
template <class Kernel>
std::string promise_of(Kernel kernel, Structure claimed, bool is_loss) {
  SweptNetwork network(through(Liar<Kernel>{kernel, std::move(claimed)}, is_loss));
  CHECK_FALSE(network.run("W").has_value());
  return network.sweep.violated_declaration();
}

}  // namespace

TEST_CASE("sweep: layers that claim to work entry by entry, to move entries or to add them up") {
  using Kind = Structure::Kind;
  const auto says = [](const std::string& text, const std::string& part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  says(promise_of(Centred{}, {.kind = Kind::elementwise}, false), "keeps rows apart");
  says(promise_of(HalfSquare{}, {.kind = Kind::selection}, false), "only moves entries about");
  says(promise_of(HalfSquare{}, {.kind = Kind::elementwise, .slopes = {1}}, false),
       "linear in its input 0");
  says(promise_of(HalfSquare{true}, {.slopes = {1}, .kept = Shape{1, 1}}, true),
       "linear in its input 0");
}

TEST_CASE("sweep: a layer that moves the entries of many inputs is tested once, not for each") {
  constexpr std::size_t inputs = 50, lone_probes = 12;
  std::size_t evaluations = 0;
  Network network;
  std::vector<ValueId> given;
  for (std::size_t k = 0; k < inputs; ++k) {
    given.push_back(network.give("x" + std::to_string(k), Role::parameter, normal({}, k)));
  }
  const ValueId y = network.apply("y", make_layer("stack", CountedStack{{0}, &evaluations}), given);
  network.apply("L", make_layer(*standard_layers().find("l2"), {}), {y});
  SweptNetwork stacked(std::move(network));
  evaluations = 0;
  for (std::size_t k = 0; k < inputs; ++k) {
    stacked.check("x" + std::to_string(k));
  }
  constexpr std::size_t of_the_layer = 4;  // its entries numbered, and the test of that
  CHECK(evaluations <= lone_probes * inputs + of_the_layer);
}

TEST_CASE("sweep: layers that do not keep their promises are noticed") {
  using Kind = Structure::Kind;
  SweptNetwork rows(through(Liar<Centred>{{}, {.kind = Kind::by_rows, .rows = {true}}}, false));
  CHECK_FALSE(rows.run("W").has_value());
  CHECK(rows.sweep.violated_declaration().find("keeps rows apart") != std::string::npos);

  SweptNetwork terms(through(Liar<CrossedSum>{{}, {.kind = Kind::terms}}, true));
  CHECK_FALSE(terms.run("W").has_value());
  CHECK(terms.sweep.violated_declaration().find("is not the sum of its terms") !=
        std::string::npos);

  Network bent;
  const ValueId x = bent.give("x", Role::input, normal({5, 4}, 1));
  const ValueId W = bent.give("W", Role::parameter, normal({4, 3}, 2));
  const LayerPtr layer = make_layer("liar", Liar<BentProduct>{{}, {.kind = Kind::product}});
  const ValueId z = bent.apply("z", layer, {x, W});
  const ValueId y = bent.apply("y", make_layer(*standard_layers().find("softmax"), {}), {z});
  bent.apply("L", make_layer(*standard_layers().find("l2"), {}), {y});
  SweptNetwork product(std::move(bent));
  CHECK_FALSE(product.run("W").has_value());
  CAPTURE(product.sweep.violated_declaration());
  CHECK(product.sweep.violated_declaration().find("linear in its input 1") != std::string::npos);
}

namespace {

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
  void change_terms(const Tensor& z, std::span<const std::uint32_t> entries, const Tensor& moved,
                    std::span<double> changes) const {
    for (std::size_t l = 0; l < entries.size(); ++l) {
      const double before = z.data()[entries[l]], after = moved.data()[l];
      changes[l] = std::abs(after - before) < 1e-3 ? 0 : after * after - before * before;
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

TEST_CASE("sweep: a loss whose terms change otherwise than it says is noticed") {
  SweptNetwork numb(through(Numb{}, true));
  CHECK_FALSE(numb.run("W").has_value());
  CHECK(numb.sweep.violated_declaration().find("says by how much its terms change") !=
        std::string::npos);
}

namespace {

/// y_n = Σ_j z_nj² + z_0: says that each row is on its own, and tells changes as if it were.
struct Crossed {
  static constexpr std::size_t arity = 1;
  Shape shape(const Shape& z) const { return {z[0]}; }
  Structure structure(std::span<const Shape> z) const {
    return {.kind = Structure::Kind::by_rows, .rows = {true}, .kept = Shape{z[0][0], 1}};
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& z) const {
    TensorOf<Real> y = zeros<Real>({z.shape()[0]});
    for (std::size_t i = 0; i < z.size(); ++i) {
      y.data()[i / z.shape()[1]] += z.data()[i] * z.data()[i];
    }
    return map(y, [&](Real v) { return v + z.data()[0]; });
  }
  void change_terms(const Tensor& z, std::span<const std::uint32_t> entries, const Tensor& moved,
                    std::span<double> changes) const {
    for (std::size_t l = 0; l < entries.size(); ++l) {
      const double before = z.data()[entries[l]], after = moved.data()[l];
      changes[l] = after * after - before * before + (entries[l] == 0 ? after - before : 0);
    }
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>&, const TensorOf<Real>& z,
                         const TensorOf<Real>&) const {
    return pack<Real>(zeros<Real>(shape_of(z)));
  }
};

/// Evaluations that it takes to differentiate by z, of that many classes, what `loss` says.
std::uint64_t probes_of(const std::string& loss, std::size_t classes) {
  SweptNetwork network(
      network_of("u = stop_gradient(z)\nL = " + loss,
                 {{"z", parameter(normal({6, classes}, 5))}, {"t", input(labels(6, classes))}}));
  network.check("z");
  return network.sweep.probes();
}

}  // namespace

TEST_CASE("sweep: a reduction that tells changes but mixes its rows is noticed") {
  std::size_t noticed = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SweptNetwork crossed(through(Crossed{}, false, 16));
    ReverseSweep sweep(crossed.network.graph(), crossed.point, seed);
    noticed += swept(sweep, *crossed.network.find("W"), crossed.network.loss(), 0) ? 0 : 1;
  }
  CHECK(noticed >= 6);
}

TEST_CASE("sweep: evaluations do not grow with the classes") {
  for (const std::string loss :
       {"softmax_cross_entropy(z, t)", "softmax_cross_entropy(z, softmax(u))",
        "sum(softmax_cross_entropy(z, t, reduction=\"none\") ** 2)", "cross_entropy(z, t)",
        "cross_entropy(z, t, u[0] ** 2, ignore_index=1, label_smoothing=0.1)",
        "sum(cross_entropy(z, softmax(u), reduction=\"none\") ** 2)",
        "nll_loss(log_softmax(z, 1), t)", "multi_margin(z, t, 2)", "multiclass_hinge(z, t)",
        "sum(softmax(z) ** 2)", "sum(softmax(z, axis=0) ** 2)", "sum(softmin(z) ** 2)",
        "sum(log_softmax(z) ** 2)", "sum(logsumexp(z, axis=1) ** 2)"}) {
    CAPTURE(loss);
    CHECK(probes_of(loss, 60) <= 2 * probes_of(loss, 5) + 8);
  }
}

TEST_CASE("sweep: nor where an entry behind a softmax is found again in long double") {
  const auto again = [](std::size_t classes) {
    SweptNetwork network(
        network_of("L = sum(softmax(z) ** 2)", {{"z", parameter(normal({6, classes}, 5))}}));
    network.check("z");
    const std::uint64_t before = network.sweep.probes();
    const ValueId z = *network.network.find("z");
    const Estimate found = network.sweep.refine(z, {3}).at(0);
    CHECK(std::abs(found.value - network.truth[z].data()[3]) <= found.bound());
    CHECK(found.bound() <= 1e-15L);
    return network.sweep.probes() - before;
  };
  CHECK(again(60) <= 2 * again(5) + 8);
}
