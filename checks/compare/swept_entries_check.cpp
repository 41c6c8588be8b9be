#include <cmath>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensor normal(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

/// Large enough to be swept.
std::map<std::string, Leaf> large_leaves() {
  return {{"x", input(normal({20, 30}, 1))},
          {"t", input(random_integers({20}, 0, 5, 4))},
          {"W1", parameter(normal({30, 40}, 2))},
          {"W2", parameter(normal({40, 5}, 3))}};
}

Network large_network() {
  return network_of("L = softmax_cross_entropy(relu(x @ W1) @ W2, t)", large_leaves());
}

struct Comparison {
  TensorCheck fast;
  std::uint64_t probes = 0;
  std::uint64_t plain_probes = 0;
};

/// Checks a parameter this way and plainly, which must agree entry by entry.
Comparison check_both(const Network& network, const std::string& name) {
  CAPTURE(name);
  CheckOptions plain;
  plain.sweep = Sweep::plain;
  Checker quick(network, {});
  Checker slow(network, plain);
  const ValueId id = *network.find(name);
  TensorCheck fast = quick.check(id);
  const TensorCheck reference = slow.check(id);
  CHECK(fast.report.verdict == reference.report.verdict);
  CHECK(fast.report.kinks == reference.report.kinks);
  CHECK(fast.at_kink == reference.at_kink);
  for (std::size_t i = 0; i < fast.numeric.size(); ++i) {
    const double found = fast.numeric.data()[i], expected = reference.numeric.data()[i];
    CHECK(std::isnan(found) == std::isnan(expected));
    CHECK((std::isnan(found) ||
           std::abs(found - expected) <= fast.bound.data()[i] + reference.bound.data()[i]));
  }
  return {std::move(fast), quick.probes(), slow.probes()};
}

/// The verdict that both ways give; that of a large tensor from far fewer probes.
Verdict compare_with_plain(const Network& network, const std::string& name) {
  const Comparison both = check_both(network, name);
  const bool many = both.fast.numeric.size() >= 1000;
  CHECK((!many || both.probes < both.plain_probes / 4));
  return both.fast.report.verdict;
}

/// y = x², and refuses anything beyond a limit.
struct Guarded {
  static constexpr std::size_t arity = 1;
  double limit;
  Shape shape(const Shape& x) const { return x; }
  Structure structure(std::span<const Shape>) const {
    return {.kind = Structure::Kind::elementwise};
  }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return map(x, [this](Real v) {
      if (v > static_cast<Real>(limit)) {
        throw ValueError("guarded: x is beyond its limit");
      }
      return v * v;
    });
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    return pack(map2(dy, x, [](Real d, Real v) { return 2 * d * v; }));
  }
};

/// L = Σ guarded(x W)², the limit so far above the largest of x W.
Network guarded_network(double room) {
  Network network;
  const ValueId x = network.give("x", Role::input, normal({20, 30}, 1));
  const ValueId W = network.give("W", Role::parameter, normal({30, 40}, 2));
  const LayerPtr product = make_layer(*standard_layers().find("matmul"), {});
  const ValueId z = network.apply("z", product, {x, W});
  const double largest = std::ranges::max(entries(forward<double>(network)[z]));
  const ValueId a = network.apply("a", make_layer("guarded", Guarded{largest + room}), {z});
  network.apply("L", make_layer(*standard_layers().find("l2"), {}), {a});
  return network;
}

}  // namespace

TEST_CASE("swept entries: a large network gets the verdicts of the plain way, from fewer probes") {
  for (const std::string name : {"W1", "W2"}) {
    CHECK(compare_with_plain(large_network(), name) == Verdict::agree);
  }
}

TEST_CASE("swept entries: the same of a sum over entries") {
  const Network network = network_of("L = half_squared_error(relu(x @ W1) @ W2, t)",
                                     {{"x", input(normal({20, 30}, 1))},
                                      {"t", input(normal({20, 5}, 2))},
                                      {"W1", parameter(normal({30, 40}, 3))},
                                      {"W2", parameter(normal({40, 5}, 4))}});
  for (const std::string name : {"W1", "W2"}) {
    CHECK(compare_with_plain(network, name) == Verdict::agree);
  }
}

TEST_CASE("swept entries: kinks of a large network are judged as entry by entry") {
  std::map<std::string, Leaf> leaves = large_leaves();
  for (std::size_t i = 0; i < 30; ++i) {
    leaves.at("x").value.data()[3 * 30 + i] = 0;  // a row without input: its units are all at 0
  }
  leaves.insert({"b", parameter(zeros<double>({40}))});
  const Network network = network_of("L = softmax_cross_entropy(relu(x @ W1 + b) @ W2, t)", leaves);
  for (const std::string name : {"W1", "b", "W2"}) {
    compare_with_plain(network, name);
  }
}

TEST_CASE("swept entries: the Jacobian of a large network is that of the plain way") {
  const Network network =
      network_of("y = sum(tanh(x @ W1), axis=0)[:3] * 2",
                 {{"x", input(normal({10, 12}, 1))}, {"W1", parameter(normal({12, 64}, 2))}});
  compare_with_plain(network, "W1");
}

TEST_CASE("swept entries: of many wrong ones a sample is looked at one by one") {
  const Network network = large_network();
  Checker checker(network, {});
  const ValueId id = *network.find("W1");
  Tensor wrong = checker.gradients()[id];
  for (double& g : entries(wrong)) {
    g *= 1.001;
  }
  const TensorCheck check = checker.check_claimed(id, wrong, zeros<double>(shape_of(wrong)), {});
  CHECK(check.report.verdict == Verdict::disagree);
  CHECK(check.report.disagreeing > 1000);
  CHECK(check.note.find("of 1") == 0);
  CHECK(check.note.find("32 of 32 confirmed") != std::string::npos);
  const std::uint64_t probes = Checker(network, {}).check(id).report.effort.probes;
  CHECK(check.report.effort.probes == probes + 32 * 4);  // no more than to move each alone
}

TEST_CASE("swept entries: a single wrong one of a large tensor is found") {
  const Network network = large_network();
  Checker checker(network, {});
  const ValueId id = *network.find("W1");
  Tensor wrong = checker.gradients()[id];
  std::size_t chosen = 0;
  while (std::abs(wrong.data()[chosen]) < 1e-3) {
    ++chosen;
  }
  wrong.data()[chosen] *= 1 + 1e-6;
  const TensorCheck check = checker.check_claimed(id, wrong, zeros<double>(shape_of(wrong)), {});
  CHECK(check.report.disagreeing == 1);
  CHECK(check.verdicts[chosen] == Verdict::disagree);
}

TEST_CASE("swept entries: where all entries together cannot be had, each is moved alone") {
  const Network network = guarded_network(1e-9);  // no row may move with that of the largest
  const TensorCheck check = check_both(network, "W").fast;
  CHECK(check.report.effort.way == Way::entry_by_entry);
  CHECK(check.note.empty());
}

TEST_CASE("swept entries: a layer that refuses probes gets the verdicts of the plain way") {
  for (const double room : {1.0, 1e-2, 1e-5, 1e-9, 0.0}) {
    CAPTURE(room);
    const TensorCheck check = check_both(guarded_network(room), "W").fast;
    CHECK(check.report.verdict == (room > 0 ? Verdict::agree : Verdict::inconclusive));
  }
}
