#include <array>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

double gradient(const Network& network, const std::string& name) {
  const Values<double> values = forward<double>(network);
  const Values<double> gradients = backward<double>(network, values, network.loss(), scalar(1.0));
  return gradients[*network.find(name)].data()[0];
}

}  // namespace

TEST_CASE("network: gradients of a value used twice add up") {
  const Network network = network_of("y = x * x\nL = y + 3 * x", {{"x", parameter(5)}});
  CHECK(gradient(network, "x") == 13);
  CHECK(gradient(network, "y") == 1);
}

TEST_CASE("network: every named value has a gradient, leaf or intermediate") {
  // Note 001: f = (x + y) z at (-2, 5, -4).
  const Network network =
      network_of("q = x + y\nf = q * z", {{"x", input(-2)}, {"y", input(5)}, {"z", input(-4)}});
  CHECK(gradient(network, "f") == 1);
  CHECK(gradient(network, "q") == -4);
  CHECK(gradient(network, "x") == -4);
  CHECK(gradient(network, "z") == 3);
}

TEST_CASE("network: an alias is a value of its own") {
  const Network network = network_of("y = x\nL = y * x", {{"x", parameter(3)}});
  CHECK(gradient(network, "y") == 3);
  CHECK(gradient(network, "x") == 6);
}

TEST_CASE("network: no gradient flows through masks and stop_gradient") {
  const Network network =
      network_of("L = x * (x > 1) + stop_gradient(x) * x", {{"x", parameter(2)}});
  CHECK(gradient(network, "x") == 3);
}

TEST_CASE("network: shared weights collect from all their uses") {
  const Network network =
      network_of("h = w * x\nL = w * h", {{"w", parameter(3)}, {"x", input(2)}});
  CHECK(gradient(network, "w") == 12);
}

TEST_CASE("network: values that the loss does not use have gradient zero") {
  const Network network = network_of("y = x * 2\nz = x * 5\nL = y", {{"x", parameter(1)}});
  CHECK(gradient(network, "z") == 0);
  CHECK(gradient(network, "x") == 2);
}

TEST_CASE("network: both precisions give the same forward values within rounding") {
  const Network network = network_of("L = sigmoid(x) * exp(x)", {{"x", parameter(0.3)}});
  const double coarse = forward<double>(network)[network.loss()].data()[0];
  const long double fine = forward<long double>(network)[network.loss()].data()[0];
  CHECK(std::abs(coarse - static_cast<double>(fine)) < 1e-15);
  CHECK(static_cast<long double>(coarse) != fine);
}

TEST_CASE("network: a name is taken once, a leaf keeps its shape") {
  Network network;
  const ValueId x = network.give("x", Role::input, scalar(1.0));
  CHECK_THROWS_AS(network.give("x", Role::input, scalar(1.0)), ValueError);
  CHECK_THROWS_AS(network.set_leaf(x, full<double>({2}, 1)), ShapeError);
  network.set_leaf(x, scalar(4.0));
  CHECK(network.leaf(x).data()[0] == 4);
}

TEST_CASE("network: downstream and upstream follow only inputs that gradients flow to") {
  const Network network = network_of("m = x > 0\ny = where(m, x, 0)\nu = 2 * t\nL = y + u",
                                     {{"x", input(1)}, {"t", input(1)}});
  const std::vector<bool> needed = upstream_values(network.graph(), network.loss());
  CHECK(needed[*network.find("x")]);
  CHECK(needed[*network.find("u")]);
  CHECK_FALSE(needed[*network.find("m")]);
  const std::vector<bool> reached = downstream_nodes(network.graph(), *network.find("t"));
  CHECK(std::ranges::count(reached, true) == 2);
}
