#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

TensorCheck check_of(const Network& network, const std::string& name, CheckOptions options = {}) {
  Checker checker(network, options);
  return checker.check(*network.find(name));
}

Verdict verdict_of(const std::string& text, const std::map<std::string, Leaf>& leaves,
                   const std::string& name) {
  return check_of(network_of(text, leaves), name).report.verdict;
}

/// ReLU whose backward has derivative `at_zero` at 0 and `elsewhere` for positive arguments.
struct SlopedRelu {
  static constexpr std::size_t arity = 1;
  double at_zero = 0;
  double elsewhere = 1;

  Shape shape(const Shape& x) const { return x; }
  template <class Real>
  TensorOf<Real> forward(const TensorOf<Real>& x) const {
    return forward_along<Real>(branches(cast<double>(x)), x);
  }
  template <class Real>
  Tensors<Real> backward(const TensorOf<Real>& dy, const TensorOf<Real>& x,
                         const TensorOf<Real>&) const {
    TensorOf<Real> dx = dy;
    for (std::size_t i = 0; i < dx.size(); ++i) {
      const double derivative = x.data()[i] > 0 ? elsewhere : x.data()[i] == 0 ? at_zero : 0;
      dx.data()[i] *= static_cast<Real>(derivative);
    }
    return pack<Real>(std::move(dx));
  }
  Branches branches(const Tensor& x) const {
    Branches pieces(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      pieces[i] = x.data()[i] > 0 ? 1 : 0;
    }
    return pieces;
  }
  template <class Real>
  TensorOf<Real> forward_along(const Branches& pieces, const TensorOf<Real>& x) const {
    TensorOf<Real> y = x;
    for (std::size_t i = 0; i < y.size(); ++i) {
      y.data()[i] *= static_cast<Real>(pieces[i]);
    }
    return y;
  }
  std::vector<Tie> ties(Inputs<double> x, Inputs<double> rounding_errors) const {
    std::vector<Tie> found;
    for (std::size_t i = 0; i < x[0]->size(); ++i) {
      if (std::abs(x[0]->data()[i]) <= rounding_errors[0]->data()[i]) {
        found.push_back({i, {0, 1}, {{0, i}}});
      }
    }
    return found;
  }
};

LayerLibrary with_sloped_relu(double at_zero, double elsewhere = 1) {
  LayerLibrary library = standard_layers();
  LayerType type;
  type.name = "sloped_relu";
  type.tensors = {"x"};
  type.make = [=](const Settings&) {
    return make_layer("sloped_relu", SlopedRelu{at_zero, elsewhere});
  };
  library.add(type);
  return library;
}

}  // namespace

TEST_CASE("checker: a correct network agrees in every entry, with few probes beyond four each") {
  const Network network = network_of(
      "z1 = x @ W1 + b1\na1 = sigmoid(z1)\nz2 = a1 @ W2 + b2\nL = softmax_cross_entropy(z2, t)",
      {{"x", input(random_normal({5, 3}, 0, 1, 1))},
       {"t", input(tensor_of({5}, std::array{0.0, 1.0, 2.0, 1.0, 0.0}))},
       {"W1", parameter(random_normal({3, 4}, 0, 1, 2))},
       {"b1", parameter(random_normal({4}, 0, 1, 3))},
       {"W2", parameter(random_normal({4, 3}, 0, 1, 4))},
       {"b2", parameter(random_normal({3}, 0, 1, 5))}});
  Checker checker(network, {});
  for (const char* name : {"W1", "b1", "W2", "b2", "x", "z1", "a1", "z2"}) {
    const TensorCheck check = checker.check(*network.find(name));
    CAPTURE(name);
    CHECK(check.report.verdict == Verdict::agree);
    CHECK(check.report.max_relative_error < 1e-7);
    CHECK(check.report.entries == check.analytic.size());
  }
  CHECK(checker.probes() <= 5 * (12 + 4 + 12 + 3 + 15 + 20 + 20 + 15));
}

TEST_CASE("checker: ReLU's derivative at 0 may be 0, 1 or between, through any depth") {
  const std::string text = "z = x @ W\nh = sloped_relu(z)\nu = sloped_relu(h @ V)\nL = sum(u * c)";
  // The first column of x @ W is exactly 0, and so is the first of h @ V.
  const std::map<std::string, Leaf> leaves{
      {"x", input(tensor_of({1, 2}, std::array{1.0, 2.0}))},
      {"W", parameter(tensor_of({2, 3}, std::array{2.0, 0.5, -1.0, -1.0, 1.0, 1.0}))},
      {"V", parameter(tensor_of({3, 2}, std::array{1.0, 2.0, 0.0, 3.0, 0.0, 1.0}))},
      {"c", input(tensor_of({1, 2}, std::array{1.5, -2.0}))}};
  for (const double derivative : {0.0, 0.3, 0.5, 1.0}) {
    const LayerLibrary library = with_sloped_relu(derivative);
    const Network network = network_of(text, leaves, library);
    CAPTURE(derivative);
    for (const char* name : {"W", "V", "x", "z", "h"}) {
      CAPTURE(name);
      CHECK(check_of(network, name).report.verdict == Verdict::agree);
    }
    CHECK(check_of(network, "W").report.kinks > 0);
  }
}

TEST_CASE("checker: a slope outside of the one-sided ones is an error at the kink as well") {
  const std::map<std::string, Leaf> leaves{{"x", parameter(tensor_of({2}, std::array{0.0, 1.0}))}};
  for (const double derivative : {-0.1, 1.1, 2.0}) {
    const LayerLibrary library = with_sloped_relu(derivative);
    const TensorCheck check = check_of(network_of("L = sum(sloped_relu(x))", leaves, library), "x");
    CAPTURE(derivative);
    CHECK(check.report.verdict == Verdict::disagree);
    CHECK(check.verdicts == std::vector{Verdict::disagree, Verdict::agree});
  }
}

TEST_CASE("checker: a wrong backward beside a kink is still found") {
  const std::map<std::string, Leaf> leaves{{"x", parameter(tensor_of({2}, std::array{0.0, 1.0}))}};
  const LayerLibrary library = with_sloped_relu(0, 1.000001);
  const TensorCheck check = check_of(network_of("L = sum(sloped_relu(x))", leaves, library), "x");
  CHECK(check.verdicts == std::vector{Verdict::agree, Verdict::disagree});
}

TEST_CASE("checker: kinks of standard layers raise no alarm") {
  const Leaf zeros = parameter(full<double>({3}, 0));
  CHECK(verdict_of("L = sum(relu(x) - relu(-x)) + sum(x)", {{"x", zeros}}, "x") == Verdict::agree);
  CHECK(verdict_of("L = sum(abs(x)) + sum(x)", {{"x", zeros}}, "x") == Verdict::agree);
  CHECK(verdict_of("L = max(x + 1)", {{"x", zeros}}, "x") == Verdict::agree);
  CHECK(verdict_of("L = sum(maximum(x, 2 * x)) + sum(x)", {{"x", zeros}}, "x") == Verdict::agree);
  CHECK(verdict_of("L = sum(clip(x, 0, 1)) + sum(x)", {{"x", zeros}}, "x") == Verdict::agree);
  const Leaf margin = parameter(tensor_of({1, 3}, std::array{2.0, 1.0, 1.0}));
  CHECK(verdict_of("L = multiclass_hinge(s, [0])+ sum(s)", {{"s", margin}}, "s") == Verdict::agree);
}

TEST_CASE("checker: a Jacobian is checked entry by entry where the loss is not a scalar") {
  const Network network =
      network_of("y = tanh(x @ W)", {{"x", input(random_normal({2, 3}, 0, 1, 1))},
                                     {"W", parameter(random_normal({3, 4}, 0, 1, 2))}});
  const TensorCheck check = check_of(network, "W");
  CHECK(check.report.verdict == Verdict::agree);
  CHECK(check.report.entries == 2 * 4 * 3 * 4);
}

TEST_CASE("checker: Jacobians between any two values, kinks included") {
  const Network network = network_of("y = abs(x)\nL = sum(y) * 0 + sum(x)",
                                     {{"x", parameter(tensor_of({2}, std::array{0.0, -1.0}))}});
  Checker checker(network, {});
  const TensorCheck check = checker.check_jacobian(*network.find("y"), *network.find("x"));
  CHECK(check.report.verdict == Verdict::agree);
  CHECK(check.analytic.data()[3] == -1);
  const Interval derivatives = checker.kink_interval(*network.find("y"), 0, *network.find("x"), 0);
  CHECK(derivatives.low == doctest::Approx(-1));
  CHECK(derivatives.high == doctest::Approx(1));
}

TEST_CASE("checker: true zeros are unresolved and agree") {
  const TensorCheck check =
      check_of(network_of("L = sum(x * m)", {{"x", parameter(tensor_of({2}, std::array{1.0, 2.0}))},
                                             {"m", input(tensor_of({2}, std::array{0.0, 1.0}))}}),
               "x");
  CHECK(check.report.verdict == Verdict::agree);
  CHECK(check.report.unresolved == 1);
  CHECK(check.report.max_relative_error < 1e-9);
}

TEST_CASE("checker: terms that cancel in a gradient round otherwise under every upstream") {
  for (const double x : {7.3e-8, 4.17e-7, 6.01e-7, 9.3e-6, 2.3e-5}) {
    CAPTURE(x);
    CHECK(verdict_of("y = x / x; L = square(x) + y * y", {{"x", parameter(x)}}, "x") !=
          Verdict::disagree);
  }
}

TEST_CASE("checker: a gradient that is zero but for its own rounding raises no alarm") {
  // A shift of all logits changes no softmax: dL/dc = Σ (p − t) = 0.
  const TensorCheck check =
      check_of(network_of("L = softmax_cross_entropy(z + c, t)",
                          {{"c", parameter(0.3)},
                           {"z", input(random_normal({4, 3}, 0, 1, 1))},
                           {"t", input(tensor_of({4}, std::array{0.0, 1.0, 2.0, 1.0}))}}),
               "c");
  CAPTURE(check.report.reason);
  CAPTURE(check.analytic.data()[0]);
  CAPTURE(check.numeric.data()[0]);
  CAPTURE(check.bound.data()[0]);
  CHECK(check.report.verdict == Verdict::agree);
}

TEST_CASE("checker: a ripple within every step of the whole is left to the chain rule") {
  for (const double x : {0.7, 1.3, 2.1}) {
    const Network network = network_of("L = x + 1e-9 * sin(1e10 * x)", {{"x", parameter(x)}});
    const TensorCheck check = check_of(network, "x", {.rtol = 1e-12});
    CHECK(check.report.verdict == Verdict::agree);
    const double derivative = 1 + 10 * std::cos(1e10 * x);
    CHECK(check.numeric.data()[0] == doctest::Approx(derivative).epsilon(1e-5));
  }
}

TEST_CASE("checker: a value that is not finite is refused with the place where it arises") {
  const Network network = network_of("y = log(x)\nL = sum(y)",
                                     {{"x", parameter(tensor_of({2}, std::array{1.0, 0.0}))}});
  CHECK_THROWS_WITH_AS(Checker(network, {}),
                       "log: the entry [1] of 'y = log(x)' is -inf, expected a finite value",
                       LocatedError);
}

TEST_CASE("checker: the report does not depend on the way in which probes are evaluated") {
  const Network network = network_of("y = sigmoid(x @ W)\nL = mean(y ** 2)",
                                     {{"x", input(random_normal({9, 10}, 0, 1, 1))},
                                      {"W", parameter(random_normal({10, 11}, 0, 1, 2))}});
  CheckOptions plain;
  plain.sweep = Sweep::plain;
  const TensorCheck quick = check_of(network, "W");
  const TensorCheck slow = check_of(network, "W", plain);
  for (std::size_t i = 0; i < quick.numeric.size(); ++i) {
    CHECK(std::abs(quick.numeric.data()[i] - slow.numeric.data()[i]) <=
          quick.bound.data()[i] + slow.bound.data()[i]);
  }
  CHECK(quick.report.verdict == slow.report.verdict);
}

namespace {

/// Two layers of which `units` decides whether the tensors are swept.
Network two_layers(std::size_t units) {
  return network_of("L = sum(tanh(x @ W + b) @ v)",
                    {{"x", {Role::constant, random_normal({3, 20}, 0, 1, 1)}},
                     {"W", {Role::parameter, random_normal({20, units}, 0, 1, 2)}},
                     {"b", {Role::parameter, random_normal({units}, 0, 1, 3)}},
                     {"v", {Role::parameter, random_normal({units}, 0, 1, 4)}}});
}

std::vector<Effort> efforts(const Network& network, Sweep sweep) {
  CheckOptions options;
  options.sweep = sweep;
  Checker checker(network, options);
  std::vector<Effort> all;
  std::uint64_t probes = 0;
  for (const char* name : {"W", "b", "v"}) {
    all.push_back(checker.check(*network.find(name)).report.effort);
    CHECK(all.back().seconds > 0);
    probes += all.back().probes;
  }
  CHECK(probes == checker.probes());
  return all;
}

bool all_went(const std::vector<Effort>& efforts, Way way) {
  return std::ranges::all_of(efforts, [&](const Effort& effort) { return effort.way == way; });
}

}  // namespace

TEST_CASE("checker: each tensor's way and probes are accounted for") {
  CHECK(all_went(efforts(two_layers(100), Sweep::automatic), Way::shared));
  CHECK(all_went(efforts(two_layers(2), Sweep::automatic), Way::entry_by_entry));
  CHECK(all_went(efforts(two_layers(2), Sweep::plain), Way::plain));
}

TEST_CASE("checker: progress runs from none to all entries of each tensor") {
  std::vector<std::string> told;
  CheckOptions options;
  options.progress = [&](const TensorProgress& progress) {
    CHECK(progress.seconds >= 0);
    told.push_back(progress.tensor + " " + std::to_string(progress.done) + "/" +
                   std::to_string(progress.entries));
  };
  const auto run = [&](const Network& network, const char* name) {
    told.clear();
    Checker(network, options).check(*network.find(name));
    return told;
  };
  using Told = std::vector<std::string>;
  CHECK(run(two_layers(2), "v") == Told{"v 0/2", "v 1/2", "v 2/2"});
  CHECK(run(two_layers(100), "W") == Told{"W 0/2000", "W 2000/2000"});
}
