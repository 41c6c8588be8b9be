#include <algorithm>
#include <cmath>
#include <vector>

#include <gradcheck/tensor/elementary.hpp>
#include <gradcheck/tensor/log_sum_exp_changes.hpp>
#include <gradcheck/tensor/log_sum_exps.hpp>

namespace gradcheck {

namespace {

/// Up to here, seven terms of the series of eˣ − 1 are all that double holds.
constexpr double little = 0x1p-7;

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
  Tensor p = z;
  for (std::size_t n = 0; n < z.size() / classes; ++n) {
    for (std::size_t k = 0; k < classes; ++k) {
      p.data()[n * classes + k] = sums.log_probability(n, z.data()[n * classes + k]);
    }
  }
  exp_each<double>(entries(std::as_const(p)), entries(p));
  return p;
}

/// y = p (e^{there − here} − 1), where all of them are by little; else false.
bool weigh(const double* p, const double* here, const double* there, std::span<double> y) {
  int far = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double delta = there[i] - here[i];
    far |= !(std::abs(delta) <= little);
    y[i] = p[i] * series_of_expm1(delta);
  }
  return far == 0;
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

/// The change of each lane as a difference.
void subtract(const Tensor& z, std::span<const std::uint32_t> rows, const double* there,
              std::span<double> changes) {
  const std::size_t classes = z.shape().back();
  const Tensor moved = tensor_of({rows.size(), classes}, std::span(there, rows.size() * classes));
  Tensor here = empty_like(moved);
  for (std::size_t l = 0; l < rows.size(); ++l) {
    std::copy_n(z.data() + rows[l] * classes, classes, here.data() + l * classes);
  }
  const LogSumExps<double> before(here, classes), after(moved, classes);
  for (std::size_t l = 0; l < rows.size(); ++l) {
    changes[l] = after.logarithm(l) - before.logarithm(l);
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
    weighed.resize((end - first) * classes);
    if (!weigh(p.data() + start, z.data() + start, there, weighed)) {
      subtract(z, rows.subspan(first, end - first), there, changes.subspan(first, end - first));
      continue;
    }
    const std::span<double> run = changes.subspan(first, end - first);
    add_up(weighed, run);
    log1p_each<double>(run, run);
  }
}

}  // namespace gradcheck
