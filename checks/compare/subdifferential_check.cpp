#include <cmath>
#include <functional>

#include <doctest/doctest.h>

#include <gradcheck/compare/subdifferential.hpp>

using namespace gradcheck;

namespace {

using Row = std::vector<double>;
using Function = std::function<double(const Row&)>;

/// Central differences at a point a little off the kink.
NearbyGradient nearby(Function f, Row x) {
  return [f = std::move(f), x = std::move(x)](std::span<const double> direction) {
    constexpr double off = 0x1p-14, step = 0x1p-21;
    Row at = x, gradient(x.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
      at[i] += off * direction[i];
    }
    for (std::size_t i = 0; i < at.size(); ++i) {
      Row above = at, below = at;
      above[i] += step;
      below[i] -= step;
      gradient[i] = (f(above) - f(below)) / (2 * step);
    }
    return std::optional(gradient);
  };
}

Row one_sided(const Function& f, const Row& x, double step) {
  Row side(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    Row moved = x;
    moved[i] += step;
    side[i] = (f(moved) - f(x)) / step;
  }
  return side;
}

Verdict judged(const Function& f, const Row& x, const Row& row, std::uint64_t seed) {
  const Row tolerance(row.size(), 1e-7);
  return check_subgradient(row, one_sided(f, x, 0x1p-14), one_sided(f, x, -0x1p-14), tolerance,
                           nearby(f, x), seed)
      .verdict;
}

void check_rows(const Function& f, const Row& x, const std::vector<Row>& right,
                const std::vector<Row>& wrong) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    for (const Row& row : right) {
      CHECK(judged(f, x, row, seed) == Verdict::agree);
    }
    for (const Row& row : wrong) {
      CHECK(judged(f, x, row, seed) == Verdict::disagree);
    }
  }
}

double relu(double x) { return std::max(x, 0.0); }

double largest(const Row& x) { return *std::max_element(x.begin(), x.end()); }

}  // namespace

TEST_CASE("subdifferential: a tie in a maximum may be shared in any way, but not given twice") {
  check_rows(largest, {2, 2, 2}, {{1, 0, 0}, {0, 0, 1}, {0.5, 0.25, 0.25}},
             {{1, 1, 1}, {0, 0, 0}, {1, 1, 0}, {1.1, -0.1, 0}});
  const Function negative = [](const Row& x) { return -largest(x); };
  check_rows(negative, {1, 1}, {{-1, 0}, {-0.3, -0.7}}, {{-1, -1}, {1, 0}, {0, 0}});
}

TEST_CASE("subdifferential: overlapping windows with equal values throughout") {
  const Function pooled = [](const Row& x) {
    double sum = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      sum += std::max(x[i], x[i + 1]);
    }
    return sum;
  };
  check_rows(pooled, {0.5, 0.5, 0.5, 0.5, 0.5}, {{1, 1, 1, 1, 0}, {0, 1, 1, 1, 1}},
             {{1, 2, 2, 2, 1}, {0, 0, 0, 0, 0}});
}

TEST_CASE("subdifferential: a sum of many kinks at one point has all their sides") {
  const Function sum = [](const Row& x) {
    double total = 0;
    for (const double each : x) {
      total += relu(each);
    }
    return total;
  };
  Row high(12, 1.0), alternating(12, 0.0), beyond(12, 0.0);
  for (std::size_t i = 0; i < 12; i += 2) {
    alternating[i] = 1;
  }
  beyond[11] = 1.2;
  check_rows(sum, Row(12, 0.0), {Row(12, 0.0), high, alternating}, {Row(12, -1.0), beyond});
}

TEST_CASE("subdifferential: what chained choices make is outside where the function is smooth") {
  const Function identity = [](const Row& x) { return relu(x[0]) - relu(-x[0]); };
  check_rows(identity, {0}, {{1}}, {{0}, {2}});
}

TEST_CASE("subdifferential: nothing usable nearby is inconclusive") {
  const NearbyGradient nothing = [](std::span<const double>) { return std::nullopt; };
  const Row zero{0.0}, tolerance{1e-7};
  CHECK(check_subgradient(zero, zero, zero, tolerance, nothing, 0).verdict ==
        Verdict::inconclusive);
}
