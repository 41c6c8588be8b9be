#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/tensor/log_sum_exp_changes.hpp>
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

/// The change of ln Σ e^{z_k} from one row of z to one of `moved`, in long double: by
/// ln(1 + Σ p (e^δ − 1)), or as a difference where that is as good.
long double change_between(const Tensor& z, std::size_t row, const Tensor& moved, std::size_t lane,
                           double largest) {
  const long double before = log_sum(z, row);
  if (largest > 1) {
    return log_sum(moved, lane) - before;
  }
  const std::size_t extent = z.shape()[1];
  long double sum = 0;
  for (std::size_t k = 0; k < extent; ++k) {
    const long double here = z.data()[row * extent + k];
    const long double delta = moved.data()[lane * extent + k] - here;
    sum += std::exp(here - before) * std::expm1(delta);
  }
  return std::log1p(sum);
}

/// Rows of z in any order, each moved in all of its entries or in one, by about that size.
void check_changes(const Tensor& z, double size, bool one_moves) {
  CAPTURE(size);
  CAPTURE(one_moves);
  const std::vector<std::uint32_t> rows{0, 1, 2, 3, 4, 5, 6, 7, 8, 4, 5, 2, 8};
  Tensor moved = random_normal({rows.size(), 10}, 0, size, 2);
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const bool moves = !one_moves || i % 10 == rows[i / 10];
    moved.data()[i] = z.data()[rows[i / 10] * 10 + i % 10] + (moves ? moved.data()[i] : 0);
  }
  std::vector<double> changes(rows.size());
  log_sum_exp_changes(z, rows, moved, changes);
  for (std::size_t l = 0; l < rows.size(); ++l) {
    CAPTURE(l);
    double largest = 0;
    for (std::size_t k = 0; k < 10; ++k) {
      largest = std::max(largest, std::abs(moved.data()[l * 10 + k] - z.data()[rows[l] * 10 + k]));
    }
    const long double expected = change_between(z, rows[l], moved, l, largest);
    const double few = 4 * std::numeric_limits<double>::epsilon();
    CHECK(std::abs(changes[l] - expected) <= few * largest);
  }
}

}  // namespace

TEST_CASE("log-sum-exps: changes are off by a few roundings of the move, for any rows and sizes") {
  for (const double about : {0.0, 1000.0}) {
    Tensor z = random_normal({9, 10}, about, 3, 1);
    z.data()[0] += 30;  // the first row is sure
    for (const double size : {1e-9, 1e-5, 1e-3, 1e-2, 0.1, 1.0, 30.0}) {
      check_changes(z, size, false);
      check_changes(z, size, true);
    }
  }
}

TEST_CASE("log-sum-exps: changes keep NaN, and what would overflow") {
  const Tensor z = tensor_of({1, 2}, std::vector<double>{700, 0});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor moved = tensor_of({3, 2}, std::vector<double>{700, 1500, 700, nan, -2000, 0});
  const std::vector<std::uint32_t> rows{0, 0, 0};
  std::vector<double> changes(3);
  log_sum_exp_changes(z, rows, moved, changes);
  CHECK(changes[0] == 800);
  CHECK(std::isnan(changes[1]));
  CHECK(changes[2] == -700);
}
