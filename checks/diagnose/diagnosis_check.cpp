#include <string>

#include <defects/alterations.hpp>
#include <doctest/doctest.h>

#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/diagnose/faults.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;
using namespace gradcheck::defects;

namespace {

/// Two affine layers over a batch of five, a statement a line.
Network two_layers() {
  Network network;
  std::uint64_t seed = 1;
  const auto give = [&](const char* name, Role role, const Shape& shape) {
    network.give(name, role, random_normal(shape, 0, 1, seed++));
  };
  give("x", Role::constant, {5, 3});
  give("W", Role::parameter, {3, 4});
  give("b", Role::parameter, {4});
  give("V", Role::parameter, {4, 2});
  give("c", Role::parameter, {2});
  give("t", Role::constant, {5, 2});
  add_statements(network, parse_statements("z = affine(x, W, b)\n"
                                           "a = sigmoid(z)\n"
                                           "y = affine(a, V, c)\n"
                                           "L = half_squared_error(y, t)"));
  return network;
}

std::vector<Diagnosis> diagnoses(const Network& network) {
  const CheckOptions options;
  Checker checker(network, options);
  std::map<ValueId, TensorCheck> checked;
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == Role::parameter) {
      checked.emplace(id, checker.check(id));
    }
  }
  return diagnose(checker, checked, options).diagnosis;
}

}  // namespace

TEST_CASE("diagnosis: nothing is said of a right network") {
  CHECK(diagnoses(two_layers()).empty());
}

TEST_CASE("diagnosis: a bias averaged over the batch is named, located and explained") {
  const std::vector<Diagnosis> said =
      diagnoses(replant(two_layers(), {"affine", 0}, averaged_over_rows(2)));
  REQUIRE(said.size() == 1);
  CHECK(said[0].layer == "affine (line 1)");
  CHECK(said[0].tensor == "b");
  CHECK(said[0].pattern == "constant factor");
  CHECK(said[0].detail ==
        "analytic = numeric / 5 everywhere; 5 is the batch size: averaged over the batch where the "
        "loss already is?");
}

TEST_CASE("diagnosis: what lies before a faulty layer inherits, and is not blamed") {
  const std::vector<Diagnosis> said =
      diagnoses(replant(two_layers(), {"sigmoid"}, [](auto& call) { call.dx[0] = call.dy[0]; }));
  REQUIRE(said.size() == 1);
  CHECK(said[0].layer == "sigmoid (line 2)");
  CHECK(said[0].tensor == "z");
  CHECK(said[0].pattern == "derivative missing");
  CHECK(said[0].detail ==
        "analytic = upstream everywhere: the derivative of sigmoid is missing; inherited by W, b");
}

TEST_CASE("diagnosis: two faults behind each other are both found") {
  const Network network =
      replant(replant(two_layers(), {"affine", 1}, transposed(0)), {"affine", 0}, scaled(2, 1));
  const std::vector<Diagnosis> said = diagnoses(network);
  REQUIRE(said.size() == 2);
  CHECK(said[0].layer == "affine (line 3)");
  CHECK(said[0].tensor == "a");
  CHECK(said[0].pattern == "transposed");
  CHECK(said[0].detail.find("inherited by b") != std::string::npos);
  CHECK(said[1].layer == "affine (line 1)");
  CHECK(said[1].tensor == "W");
  CHECK(said[1].detail == "analytic = 2 * numeric everywhere");
}

TEST_CASE("diagnosis: one fault of several uses is told once") {
  const std::vector<Diagnosis> said = diagnoses(replant(two_layers(), {"affine"}, scaled(3, 2)));
  REQUIRE(said.size() == 1);
  CHECK(said[0].layer == "affine (line 3)");
  CHECK(said[0].tensor == "c");
  CHECK(said[0].detail.find("; likewise affine (line 1), b") != std::string::npos);
}

TEST_CASE("diagnosis: a layer at fault is named without a pattern where none fits") {
  const std::vector<Diagnosis> said =
      diagnoses(replant(two_layers(), {"sigmoid"}, slope([](auto v, auto y) { return y * v; })));
  REQUIRE(said.size() == 1);
  CHECK(said[0].layer == "sigmoid (line 2)");
  CHECK(said[0].pattern.empty());
  CHECK(said[0].detail.find("its upstream is right, its own gradient is not; 20 of 20 entries") ==
        0);
}

TEST_CASE("faults: the layer is seen under the right upstream, whatever backward passed it") {
  const Network network =
      replant(replant(two_layers(), {"affine", 1}, scaled(3, 0)), {"sigmoid"}, scaled(2));
  Checker checker(network, {});
  const std::vector<Fault> faults = find_faults(checker, {*network.find("b")}, {}).found;
  REQUIRE(faults.size() == 2);
  const Network right = two_layers();
  const Checker right_checker(right, {});
  const Tensor& upstream = right_checker.gradients()[*right.find("a")];
  for (std::size_t i = 0; i < upstream.size(); ++i) {
    CHECK(faults[1].place.dy[0].data()[i] == doctest::Approx(upstream.data()[i]).epsilon(1e-7));
  }
}

TEST_CASE("diagnosis: a layer that refuses an upstream is blamed all the same") {
  const Alteration choosy = [](auto& call) {
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      if (call.dy[0].data()[i] > 1e6) {
        throw ValueError("sigmoid: dy is too large");
      }
      call.dx[0].data()[i] = call.dx[0].data()[i] < 0 ? 0 : call.dy[0].data()[i];
    }
  };
  const std::vector<Diagnosis> said = diagnoses(replant(two_layers(), {"sigmoid"}, choosy));
  REQUIRE(said.size() == 1);
  CHECK(said[0].layer == "sigmoid (line 2)");
  CHECK(said[0].pattern.empty());
}
