#include <doctest/doctest.h>
#include <network/program.hpp>

#include <gradcheck/check/coverage.hpp>
#include <gradcheck/compare/checker.hpp>

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

std::string coverage_of(const Network& network, const std::vector<std::string>& names,
                        std::vector<TensorReport> more = {}) {
  Checker checker(network, {});
  std::vector<ValueId> ids;
  std::vector<TensorReport> tensors;
  for (const std::string& name : names) {
    ids.push_back(*network.find(name));
    tensors.push_back(checker.check(ids.back()).report);
  }
  tensors.insert(tensors.end(), more.begin(), more.end());
  return coverage_text(network, ids, tensors);
}

const Leaf x = input(tensor_of({3}, std::vector<double>{1, 0, -2}));
const Leaf w = parameter(tensor_of({3}, std::vector<double>{0.5, 2, 1}));

}  // namespace

TEST_CASE("coverage: it tells what was checked, and what has a gradient that was not") {
  const Network network = network_of("z = w * x; L = sum(sin(z))", {{"x", x}, {"w", w}});
  CHECK(coverage_of(network, {"w"}) ==
        "3 entries of 1 parameter against the scalar loss L with upstreams 1, -3 and 100, "
        "1 unresolved (zero, or too small to see); not checked: input x; intermediate value z");
  CHECK(coverage_of(network, {"w", "x", "z"}) ==
        "9 entries of 1 parameter, 1 input and 1 intermediate value against the scalar loss L with "
        "upstreams 1, -3 and 100, 1 unresolved (zero, or too small to see)");
}

TEST_CASE("coverage: it counts entries at kinks") {
  const Network network = network_of("L = sum(relu(x) * w)", {{"x", x}, {"w", w}});
  CHECK(coverage_of(network, {"x"}).find(", 1 at kinks") != std::string::npos);
}

TEST_CASE("coverage: of a loss that is not a scalar, it speaks of the Jacobian") {
  const Network network = network_of("z = w * x", {{"x", x}, {"w", w}});
  CHECK(
      coverage_of(network, {"w"})
          .starts_with(
              "9 entries of the Jacobian of z by 1 parameter, and random upstreams of both signs"));
}

TEST_CASE("coverage: claimed Jacobians come after the gradients") {
  TensorReport jacobian;
  jacobian.name = "z/x";
  jacobian.entries = 1234;
  const Network network = network_of("L = sum(w * w)", {{"w", w}});
  CHECK(coverage_of(network, {"w"}, {jacobian}) ==
        "3 entries of 1 parameter against the scalar loss L with upstreams 1, -3 and 100; "
        "1,234 entries of the Jacobian z/x");
}

TEST_CASE("coverage: a value whose Jacobian was claimed has been checked") {
  TensorReport jacobian;
  jacobian.name = "z/x";
  const Network network = network_of("z = w * x", {{"x", x}, {"w", w}});
  CHECK(coverage_of(network, {"w"}).ends_with("; not checked: input x"));
  CHECK(coverage_of(network, {"w"}, {jacobian}).find("not checked") == std::string::npos);
}

TEST_CASE("coverage: labels and constants have no gradient that could be left out") {
  const Network network =
      network_of("L = softmax_cross_entropy(w, t)", {{"w", w}, {"t", input(1)}});
  CHECK(coverage_of(network, {"w"}).find("not checked") == std::string::npos);
}

TEST_CASE("coverage: a long list is cut, and the rest counted") {
  CHECK(listed({}).empty());
  CHECK(listed({"a"}) == "a");
  CHECK(listed({"a", "b"}) == "a and b");
  CHECK(listed({"a", "b", "c", "d", "e", "f"}) == "a, b, c, d, e and f");
  CHECK(listed({"a", "b", "c", "d", "e", "f", "g"}) == "a, b, c, d, e and 2 more");
}
