#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/tensor/log_sum_exps.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

namespace {

/// ln Σ e^{z_k} over the columns of a row, by the formula in long double.
long double log_sum(const Tensor& z, std::size_t row) {
  const std::size_t extent = z.shape()[1];
  long double sum = 0;
  for (std::size_t k = 0; k < extent; ++k) {
    sum += std::exp(static_cast<long double>(z.data()[row * extent + k]));
  }
  return std::log(sum);
}

}  // namespace

TEST_CASE("log-sum-exps: every lane is right, in full groups and in what is left over") {
  for (const std::size_t rows : {1, 3, 8, 9, 21}) {
    const Tensor z = random_normal({rows, 10}, 0, 3, rows);
    const LogSumExps<double> sums(z, 10);
    for (std::size_t row = 0; row < rows; ++row) {
      const long double expected = log_sum(z, row);
      for (std::size_t k = 0; k < 10; ++k) {
        const double entry = z.data()[row * 10 + k];
        const long double log_probability = static_cast<long double>(entry) - expected;
        CAPTURE(row);
        CHECK(std::abs(sums.log_probability(row, entry) - log_probability) < 1e-14L);
        CHECK(std::abs(sums.probability(row, k) - std::exp(log_probability)) < 1e-15L);
      }
    }
  }
}

TEST_CASE("log-sum-exps: along another axis than the last, the lanes are interleaved") {
  const Tensor z = random_normal({2, 3, 9}, 0, 1, 1);
  const LogSumExps<double> sums(z, 3, 9);
  for (std::size_t lane = 0; lane < 18; ++lane) {
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      sum += std::exp(z.data()[lane / 9 * 27 + lane % 9 + k * 9]);
    }
    CHECK(sums.log_probability(lane, 0) == doctest::Approx(-std::log(sum)));
  }
}

TEST_CASE("log-sum-exps: a lane's result does not depend on how many others there are") {
  const Tensor z = random_normal({11, 7}, 0, 2, 4);
  const LogSumExps<double> all(z, 7);
  for (std::size_t row = 0; row < 11; ++row) {
    const Tensor one = tensor_of({1, 7}, entries(z).subspan(row * 7, 7));
    const LogSumExps<double> alone(one, 7);
    CHECK(alone.log_probability(0, 0.5) == all.log_probability(row, 0.5));
    CHECK(alone.probability(0, 3) == all.probability(row, 3));
  }
}

TEST_CASE("log-sum-exps: entries that share the maximum all count, and NaN is not lost") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t rows : {1, 16}) {
    Tensor z = zeros<double>({rows, 4});
    for (std::size_t row = 0; row < rows; ++row) {
      z.data()[row * 4 + 3] = row % 2 == 0 ? -1e3 : nan;
    }
    const LogSumExps<double> sums(z, 4);
    CHECK(sums.log_probability(0, 0) == doctest::Approx(-std::log(3)));
    CHECK(sums.probability(0, 3) == 0);
    if (rows > 1) {
      CHECK(std::isnan(sums.log_probability(1, 0)));
      CHECK(std::isnan(sums.probability(1, 0)));
    }
  }
}

TEST_CASE("log-sum-exps: where one entry outweighs all others, their sum keeps its digits") {
  const Tensor z = tensor_of({1, 2}, std::vector<double>{40, 0});
  CHECK(LogSumExps<double>(z, 2).log_probability(0, 40) == doctest::Approx(-std::exp(-40.0)));
}

namespace {

/// What becomes of ln Σ e^{z_j} where z_k moves by δ, in long double: from the probability of z_k
/// and that of all others, each summed up on its own.
long double change_alone(const Tensor& z, std::size_t row, std::size_t k, long double delta) {
  const std::size_t extent = z.shape()[1];
  const double* const entry = z.data() + row * extent;
  long double others = 0;
  for (std::size_t j = 0; j < extent; ++j) {
    others += j == k ? 0 : std::exp(static_cast<long double>(entry[j]) - entry[k]);
  }
  return std::abs(delta) < 0.5L ? std::log1p(std::expm1(delta) / (1 + others))
                                : std::log(std::exp(delta) + others) - std::log1p(others);
}

}  // namespace

TEST_CASE("log-sum-exps: what an entry alone changes is off by a few roundings of its move") {
  for (const double about : {0.0, 1000.0}) {
    Tensor z = random_normal({9, 10}, about, 3, 1);
    z.data()[0] += 30;  // the first row is sure
    const LogSumExps<double> sums(z, 10);
    for (const double delta : {1e-9, -1e-5, 1e-3, -1e-2, 0.1, -1.0, 30.0, -30.0}) {
      for (std::size_t i = 0; i < z.size(); ++i) {
        CAPTURE(i);
        CAPTURE(delta);
        const long double expected = change_alone(z, i / 10, i % 10, delta);
        const auto change = sums.lone_change(i / 10, i % 10, z.data()[i], delta);
        const double few = 4 * std::numeric_limits<double>::epsilon() * std::abs(delta);
        CHECK(std::abs(change.sum - expected) <= few);
        CHECK(std::abs(change.less_entry - (expected - static_cast<long double>(delta))) <= few);
      }
    }
  }
}

TEST_CASE("log-sum-exps: a sure entry's own change keeps its digits") {
  const LogSumExps<double> sums(tensor_of({1, 2}, std::vector<double>{40, 0}), 2);
  const double expected = std::exp(-40.0) * std::expm1(-0.25);
  CHECK(std::abs(sums.lone_change(0, 0, 40, 0.25).less_entry - expected) <=
        1e-14 * std::abs(expected));
}

TEST_CASE("log-sum-exps: changes keep NaN, and what would overflow") {
  const LogSumExps<double> sums(tensor_of({1, 2}, std::vector<double>{700, 0}), 2);
  CHECK(std::isnan(sums.lone_change(0, 1, 0, std::numeric_limits<double>::quiet_NaN()).sum));
  CHECK(sums.lone_change(0, 0, 700, -2000).sum == -700);
}
