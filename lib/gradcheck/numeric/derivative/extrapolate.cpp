#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <gradcheck/numeric/derivative/differentiation_options.hpp>
#include <gradcheck/numeric/derivative/extrapolate.hpp>

namespace gradcheck {

namespace {

long double power(long double step, int order) { return order == 2 ? step * step : step; }

/// T[k][j] from T[k][j-1] (`near`) and T[k-1][j-1] (`far`), where ratio = (h_{k-j} / h_k)^order.
Estimate combine(const Estimate& near, const Estimate& far, long double ratio, bool first_column) {
  Estimate entry;
  entry.value = near.value + (near.value - far.value) / (ratio - 1);
  entry.rounding = near.rounding + (near.rounding + far.rounding) / (ratio - 1);
  entry.truncation = std::abs(entry.value - near.value);
  if (!first_column) {
    entry.truncation = std::max(entry.truncation, std::abs(entry.value - far.value));
  }
  return entry;
}

/// How fast successive changes of quotients must fall.
constexpr DifferentiationOptions numbers;

/// How far the last quotient may be from a limit that is approached as a geometric series is, such
/// as those of |x|^1.2 at 0, by the ratio of its last two changes; of two quotients over one side,
/// which show no ratio, by the slowest. None where the last changes are those of a smooth function,
/// or where rounding may explain them.
std::optional<long double> rest_of_series(std::span<const Quotient> quotients, int order) {
  const std::size_t count = quotients.size();
  if (count < 2 || (count == 2 && order != 1)) {
    return std::nullopt;
  }
  const Quotient &middle = quotients[count - 2], &near = quotients[count - 1];
  const long double last = near.derivative - middle.derivative;
  if (std::abs(last) <= middle.rounding + near.rounding) {
    return std::nullopt;
  }
  if (count == 2) {
    return std::abs(last) / (numbers.slowest_ratio - 1);
  }
  const long double ratio = (middle.derivative - quotients[count - 3].derivative) / last;
  const long double smooth = power(middle.step, order) / power(near.step, order);
  if (!(ratio > 0 && ratio < numbers.smooth_ratio * smooth)) {
    return std::nullopt;
  }
  return ratio >= numbers.slowest_ratio ? std::abs(last) * std::max(1.0L, 1 / (ratio - 1))
                                        : std::numeric_limits<long double>::infinity();
}

}  // namespace

Estimate extrapolate(std::span<const Quotient> quotients, int order) {
  if (const std::optional<long double> rest = rest_of_series(quotients, order)) {
    return {quotients.back().derivative, *rest, quotients.back().rounding};
  }
  const long double infinity = std::numeric_limits<long double>::infinity();
  Estimate best{quotients[0].derivative, infinity, quotients[0].rounding};
  std::vector<Estimate> row;  // T[k][0] … T[k][k], in the place of the one above it
  row.reserve(quotients.size());
  for (std::size_t k = 0; k < quotients.size(); ++k) {
    Estimate entry{quotients[k].derivative, infinity, quotients[k].rounding};
    for (std::size_t j = 1; j <= k; ++j) {
      const long double ratio =
          power(quotients[k - j].step, order) / power(quotients[k].step, order);
      const Estimate far = std::exchange(row[j - 1], entry);
      entry = combine(entry, far, ratio, j == 1);
      if (entry.bound() < best.bound()) {
        best = entry;
      }
    }
    row.push_back(entry);
  }
  return best;
}

Estimate unextrapolated(const Quotient& large, const Quotient& small, int order) {
  const long double ratio = power(large.step, order) / power(small.step, order);
  // Twice the leading term, since the terms after it are not known.
  const long double truncation = 2 * std::abs(large.derivative - small.derivative) / (ratio - 1);
  const long double rounding = small.rounding + 2 * (large.rounding + small.rounding) / (ratio - 1);
  return {small.derivative, truncation, rounding};
}

}  // namespace gradcheck
