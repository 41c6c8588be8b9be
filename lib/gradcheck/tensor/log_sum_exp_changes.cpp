#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <gradcheck/tensor/elementary.hpp>
#include <gradcheck/tensor/log_sum_exp_changes.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

namespace {

/// Up to here, seven terms of the series of eˣ − 1 are all that double holds.
constexpr double little = 0x1p-7;

/// Up to here, ln(1 + Σ p (e^δ − 1)) loses no digits: its argument is at least e^−½.
constexpr double moderate = 0.5;

/// eˣ − 1 = x + x²/2! + … + x⁷/7!
double series_of_expm1(double x) {
  double sum = 1.0 / 5040;
  for (const double term : {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0}) {
    sum = sum * x + term;
  }
  return sum * x;
}

Tensor softmax_of_rows(const Tensor& z) {
  const std::size_t classes = z.shape().back();
  const LogSumExps<double> sums(z, classes);
  Tensor p = empty_like(z);
  for (std::size_t n = 0; n < z.size() / classes; ++n) {
    for (std::size_t k = 0; k < classes; ++k) {
      p.data()[n * classes + k] = sums.probability(n, k);
    }
  }
  return p;
}

/// y = p (e^{there − here} − 1), where all of them are by little; else false.
bool weigh_little(const double* p, const double* here, const double* there, std::span<double> y) {
  int far = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double delta = there[i] - here[i];
    far |= !(std::abs(delta) <= little);
    y[i] = p[i] * series_of_expm1(delta);
  }
  return far == 0;
}

/// ln(1 + Σ p (e^{there − here} − 1)) of one lane; none where it moves further than that is good
/// for.
std::optional<double> weighed_change(const double* p, const double* here,
                                     std::span<const double> there) {
  double sum = 0;
  for (std::size_t k = 0; k < there.size(); ++k) {
    const double delta = there[k] - here[k];
    if (!(std::abs(delta) <= moderate)) {
      return std::nullopt;
    }
    sum += delta == 0 ? 0 : p[k] * std::expm1(delta);
  }
  return std::log1p(sum);
}

/// The sums of as many parts of `y` as there are sums.
void add_up(std::span<const double> y, std::span<double> sums) {
  const std::size_t count = y.size() / sums.size();
  for (std::size_t l = 0; l < sums.size(); ++l) {
    const double* part = y.data() + l * count;
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      sum += part[k];
    }
    sums[l] = sum;
  }
}

/// The lanes from `first` on, as long as their rows follow each other.
std::size_t end_of_run(std::span<const std::uint32_t> rows, std::size_t first) {
  std::size_t end = first + 1;
  while (end < rows.size() && rows[end] == rows[end - 1] + 1) {
    ++end;
  }
  return end;
}

/// The changes of those lanes as differences.
void subtract(const Tensor& z, std::span<const std::uint32_t> rows, const double* there,
              std::span<const std::size_t> lanes, std::span<double> changes) {
  const std::size_t classes = z.shape().back();
  Tensor before = empty<double>({lanes.size(), classes}), after = empty_like(before);
  for (std::size_t n = 0; n < lanes.size(); ++n) {
    std::copy_n(z.data() + rows[lanes[n]] * classes, classes, before.data() + n * classes);
    std::copy_n(there + lanes[n] * classes, classes, after.data() + n * classes);
  }
  const LogSumExps<double> here(before, classes), moved(after, classes);
  for (std::size_t n = 0; n < lanes.size(); ++n) {
    changes[lanes[n]] = here.change_to(moved, n);
  }
}

/// Lanes of which some move further than by little.
void change_one_by_one(const Tensor& z, const Tensor& p, std::span<const std::uint32_t> rows,
                       const double* there, std::span<double> changes) {
  const std::size_t classes = z.shape().back();
  std::vector<std::size_t> far;
  for (std::size_t l = 0; l < rows.size(); ++l) {
    const std::size_t start = rows[l] * classes;
    const std::span moved(there + l * classes, classes);
    if (const auto change = weighed_change(p.data() + start, z.data() + start, moved)) {
      changes[l] = *change;
    } else {
      far.push_back(l);
    }
  }
  if (!far.empty()) {
    subtract(z, rows, there, far, changes);
  }
}

}  // namespace

void log_sum_exp_changes(const Tensor& z, std::span<const std::uint32_t> rows, const Tensor& moved,
                         std::span<double> changes) {
  const std::size_t classes = z.shape().back();
  const Tensor p = softmax_of_rows(z);
  std::vector<double> weighed;
  for (std::size_t first = 0, end = 0; first < rows.size(); first = end) {
    end = end_of_run(rows, first);
    const std::size_t start = rows[first] * classes;
    const double* there = moved.data() + first * classes;
    const std::span<double> run = changes.subspan(first, end - first);
    weighed.resize(run.size() * classes);
    if (weigh_little(p.data() + start, z.data() + start, there, weighed)) {
      add_up(weighed, run);
      log1p_each<double>(run, run);
    } else {
      change_one_by_one(z, p, rows.subspan(first, run.size()), there, run);
    }
  }
}

}  // namespace gradcheck
