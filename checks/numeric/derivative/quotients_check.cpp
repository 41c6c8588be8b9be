#include <cmath>
#include <limits>
#include <stdexcept>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/quotients.hpp>

#include "numeric/derivative/scalar_response.hpp"

using namespace gradcheck;

TEST_CASE("quotients: steps double from what can just be moved to four times the scale") {
  ScalarResponse response([](double x) { return x; }, 1.5, Arithmetic::float32);
  const LadderProbes probes = probe_ladder(response, 1, {});
  CHECK(probes.steps.front() == std::ldexp(1.0, -23));
  CHECK(probes.steps.back() == 4);
  CHECK(response.evaluations() == 2 * static_cast<int>(probes.steps.size()));
  ScalarResponse at_zero([](double x) { return x; }, 0, Arithmetic::float64, 1);
  CHECK(probe_ladder(at_zero, 1, {}).steps.size() == 70);
}

TEST_CASE("quotients: over displacements that differ on both sides, parabolas are exact") {
  // Beside a power of two, float32 is twice as dense below as above.
  const auto parabola = [](double x) { return x * x; };
  ScalarResponse response(parabola, 1 + 0x1p-23, Arithmetic::float32);
  LadderProbes probes = probe_steps(response, {0x1p-20});
  probes.below[0].made[0] *= 2;
  probes.below[0].y[0] = parabola(response.x() + probes.below[0].made[0]);
  const Quotients q = quotients(response, probes, 0, Side::both);
  REQUIRE(q.size() == 1);
  CHECK(q.value[0] == doctest::Approx(2 * response.x()).epsilon(1e-9));
}

TEST_CASE("quotients: a probe that refuses or is not finite is left out, on its side only") {
  const auto root = [](double x) {
    if (x < 0) {
      throw std::domain_error("negative argument");
    }
    return x > 3 ? std::numeric_limits<double>::infinity() : std::sqrt(x);
  };
  ScalarResponse response(root, 1);
  const LadderProbes probes = probe_steps(response, {0.5, 1, 2, 4});
  CHECK(quotients(response, probes, 0, Side::both).size() == 2);
  CHECK(quotients(response, probes, 0, Side::right).size() == 3);
  CHECK(quotients(response, probes, 0, Side::left).size() == 2);
}

TEST_CASE("quotients: an output has moved if any bit of it has") {
  ScalarResponse response([](double x) { return x > 2 ? 1.0 : 0.0; }, 1);
  CHECK(moved(response, probe_steps(response, {0.5})).empty());
  CHECK(moved(response, probe_steps(response, {0.5, 2})).size() == 1);
}
