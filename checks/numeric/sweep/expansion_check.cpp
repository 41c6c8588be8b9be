#include <cmath>

#include <doctest/doctest.h>
#include <network/program.hpp>
#include <numeric/sweep/swept.hpp>

#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/numeric/rounding/evaluate_point.hpp>
#include <gradcheck/numeric/sweep/reverse_sweep.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

/// The sweep finds every entry of these values, within its bound of backward in long double.
void check_swept(const Network& network, const std::vector<std::string>& names) {
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  const Values<long double> truth =
      backward<long double>(network, point.long_values(), network.loss(), scalar<long double>(1));
  ReverseSweep sweep(network.graph(), point, 0);
  for (const std::string& name : names) {
    CAPTURE(name);
    const ValueId id = *network.find(name);
    const std::optional<std::vector<Estimate>> found = swept(sweep, id, network.loss(), 0);
    CAPTURE(sweep.violated_declaration());
    REQUIRE(found.has_value());
    for (std::size_t i = 0; i < truth[id].size(); ++i) {
      CAPTURE(i);
      const Estimate estimate = found->at(i);
      CHECK(std::abs(estimate.value - truth[id].data()[i]) <= estimate.bound() + 1e-17L);
      CHECK(estimate.bound() <= 1e-8L * (1 + std::abs(truth[id].data()[i])));
    }
  }
}

/// y = 2 x, which says that it is x + factor · x.
struct Doubling {
  static constexpr std::size_t arity = 1;
  double factor;

  Shape shape(const Shape& x) const { return x; }
  std::optional<Composition> composition(std::span<const Shape> in) const {
    Composer c(in);
    return c.done({c.call("add", {0, c.call("multiply", {0, c.constant(factor)})})});
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return map(x, [](Real v) { return 2 * v; });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>&,
                         const TensorOf<Real>&) const {
    return pack<Real>(map(dy, [](Real d) { return 2 * d; }));
  }
};

Network doubled(double factor) {
  Network network;
  const ValueId x = network.give("x", Role::parameter, normal({4, 3}, 1));
  const ValueId y = network.apply("y", make_layer("doubling", Doubling{factor}), {x});
  add_statements(network, parse_statements("L = sum(square(y))"));
  CHECK(network.value(y).shape == Shape{4, 3});
  return network;
}

}  // namespace

TEST_CASE("expansion: a convolutional network is swept, kinks and pools included") {
  Network network;
  network.give("x", Role::input, normal({3, 2, 6, 5}, 1));
  network.give("W", Role::parameter, normal({4, 2, 3, 2}, 2));
  network.give("b", Role::parameter, normal({4}, 3));
  network.give("V", Role::parameter, normal({4, 2, 2, 2}, 4));
  add_statements(network, parse_statements("h = max_pool2d(relu(conv2d(x, W, b, padding=1)), 2)\n"
                                           "L = mean(square(conv2d(h, V, groups=2)))"));
  check_swept(network, {"x", "W", "b", "V"});
}

TEST_CASE("expansion: normalised layers are swept, running statistics included") {
  Network network;
  network.give("x", Role::input, normal({6, 4, 3}, 1));
  for (const char* name : {"m", "w", "b", "g"}) {
    network.give(name, Role::parameter, normal({4}, 10 + static_cast<unsigned>(name[0])));
  }
  network.give("v", Role::parameter, random_uniform({4}, 0.5, 2, 5));
  network.give("u", Role::constant, normal({6, 4, 3}, 6));
  add_statements(
      network, parse_statements("y, r, s = batch_norm(x, m, v, w, b, training=true)\n"
                                "L = sum(u * group_norm(y, 2, g)) + sum(square(r)) + sum(r * s)"));
  check_swept(network, {"x", "m", "v", "w", "b", "g"});
}

TEST_CASE("expansion: recurrent sequences and attention are swept") {
  Network network;
  network.give("x", Role::input, normal({3, 2, 4}, 1));
  network.give("h", Role::parameter, normal({2, 2, 2}, 2));
  network.give("c", Role::parameter, normal({2, 2, 2}, 3));
  for (const char* name : {"Wi", "Vi"}) {
    network.give(name, Role::parameter, normal({8, 4}, static_cast<unsigned>(name[0])));
  }
  for (const char* name : {"Wh", "Vh"}) {
    network.give(name, Role::parameter, normal({8, 2}, 7 + static_cast<unsigned>(name[0])));
  }
  network.give("P", Role::parameter, normal({12, 4}, 8));
  network.give("Q", Role::parameter, normal({4, 4}, 9));
  add_statements(
      network,
      parse_statements("y = lstm(x, h, c, Wi, Wh, Vi, Vh, bidirectional=true)\n"
                       "z = multi_head_attention(y, y, y, in_proj_weight=P, out_proj_weight=Q, "
                       "num_heads=2, is_causal=true)\n"
                       "L = sum(square(z))"));
  check_swept(network, {"x", "h", "c", "Wi", "Vh", "P", "Q"});
}

TEST_CASE("expansion: a layer that is made of something else than it says is found out") {
  for (const double factor : {1.0, 1.001}) {
    const Network network = doubled(factor);
    const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
    const Expansion expansion(network.graph(), point, 0);
    CHECK(expansion.violated_declaration().empty() == (factor == 1.0));
    ReverseSweep sweep(network.graph(), point, 0);
    const std::optional<std::vector<Estimate>> found =
        swept(sweep, *network.find("x"), network.loss(), 0);
    CHECK(found.has_value() == (factor == 1.0));
    CHECK(sweep.violated_declaration() == expansion.violated_declaration());
  }
  const Network network = doubled(1.001);
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  CHECK(Expansion(network.graph(), point, 0).violated_declaration() ==
        "doubling says of what it is made, but that gives another result");
}

TEST_CASE("expansion: a network without such layers stays as it is") {
  Network network;
  network.give("x", Role::parameter, normal({4, 3}, 1));
  add_statements(network, parse_statements("L = sum(square(x))"));
  const EvaluationPoint point = evaluate_point(network.graph(), forward<double>(network), 0);
  const Expansion expansion(network.graph(), point, 0);
  CHECK(&expansion.graph() == &network.graph());
  CHECK(&expansion.point() == &point);
}
