#include <cmath>
#include <functional>

#include <doctest/doctest.h>

#include <gradcheck/numeric/derivative/plateaus.hpp>
#include <gradcheck/numeric/derivative/standing.hpp>

using namespace gradcheck;

namespace {

/// Central quotients on steps 2^-40 to 1, D(h) given.
Quotients line(const std::function<double(double h)>& quotient, double unit = 1e-16) {
  Quotients q;
  for (int k = -40; k <= 0; ++k) {
    const double h = std::ldexp(1.0, k);
    q.rung.push_back(k + 40);
    q.step.push_back(h);
    q.value.push_back(quotient(h));
    q.unit.push_back(unit);
    q.second.push_back(0);
    q.unchanged.push_back(false);
  }
  return q;
}

}  // namespace

TEST_CASE("plateaus: a smooth function has one, within its bound") {
  const Quotients q = line([](double h) { return std::sin(h) / h; });
  const std::vector<Plateau> found = plateaus(q, {});
  REQUIRE(found.size() == 1);
  CHECK(std::abs(found[0].value - 1) <= found[0].bound());
  CHECK(found[0].bound() < 1e-12);
}

TEST_CASE("plateaus: noise of the smaller steps is in the bound of the larger") {
  double sign = 1;
  const Quotients q = line([&](double h) { return 1 + (sign = -sign) * 1e-6 / h; });
  const std::vector<Plateau> found = plateaus(q, {});
  const Plateau& best = found.back();
  CHECK(std::abs(best.value - 1) <= best.bound());
  CHECK(best.rounding >= 1.5e-6);
  CHECK(best.rounding < 2e-5);
}

TEST_CASE("plateaus: a fractional order is told by the ratio of successive differences") {
  const Quotients q = line([](double h) { return 2 + std::pow(h, 0.2); });
  const std::vector<Plateau> found = plateaus(q, {});
  REQUIRE(!found.empty());
  CHECK(std::abs(found[0].value - 2) <= found[0].bound());
  CHECK(found[0].bound() < 1e-3);
}

TEST_CASE("plateaus: quotients that grow as the step shrinks make none that is resolved") {
  for (const Plateau& p : plateaus(line([](double h) { return 1 / std::sqrt(h); }), {})) {
    CHECK(p.bound() > 0.1 * std::abs(p.value));
  }
}

TEST_CASE("plateaus: of two that contradict each other the nearer stands, if it is sharp") {
  Plateau near, far;
  near.value = 1;
  near.step = near.farthest = 1e-9;
  near.rounding = 1e-6;
  far.value = 0.5;
  far.step = far.farthest = 1;
  far.rounding = 1e-12;
  CHECK(standing({near, far}, 1e-15, {})->value == 1);
  CHECK(standing({near, far}, 1e-8, {})->value == 0.5);  // too near to be told from the point
  near.rounding = 0.1;
  CHECK(standing({near, far}, 1e-15, {})->value == 0.5);
  CHECK(alternatives({near, far}, far, 0, {}).size() == 1);
  CHECK(alternatives({near, far}, far, 1e-8, {}).empty());  // nothing changed up to there
  CHECK(standing({}, 0, {}) == nullptr);
}
