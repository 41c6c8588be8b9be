#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/one_sided.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Quotients to each side: extrapolated in h, what is left is of fifth order.
constexpr int steps = 4;
/// One slope's steps may not move it by more than this share: else it does not settle.
constexpr long double settled = 1e-3L;

std::vector<Quotient> quotients(std::span<const double> there, std::span<const double> here,
                                std::span<const double> widths, double width) {
  std::vector<Quotient> row;
  for (std::size_t j = 0; j < here.size(); ++j) {
    const long double rise = static_cast<long double>(there[j]) - here[j];
    row.push_back(
        {std::abs(width), rise / width, 2 * static_cast<long double>(widths[j]) / std::abs(width)});
  }
  return row;
}

/// The slopes to one side, an entry of the target each; empty where there are none.
std::vector<Estimate> slopes(Evaluator<double>& evaluator, const Point& point, ValueId from,
                             std::size_t entry, ValueId target, double step) {
  const double x = point.values[from].data()[entry];
  const std::span<const double> here = entries(point.values[target]);
  std::vector<std::vector<Quotient>> columns(here.size());
  for (int k = 0; k < steps; ++k) {
    const double position = x + std::ldexp(step, -k);
    const std::span<const double> there = entries(evaluator.at(entry, position));
    if (position == x || !std::ranges::all_of(there, [](double y) { return std::isfinite(y); })) {
      return {};
    }
    const std::vector<Quotient> row =
        quotients(there, here, entries(point.widths[target]), position - x);
    for (std::size_t j = 0; j < row.size(); ++j) {
      columns[j].push_back(row[j]);
    }
  }
  std::vector<Estimate> found;
  for (const std::vector<Quotient>& column : columns) {
    found.push_back(extrapolate(column, 1));
  }
  return found;
}

}  // namespace

bool OneSidedSlopes::kink(double rtol) const {
  const long double size = std::max(std::abs(left.value), std::abs(right.value));
  const auto settles = [&](const Estimate& slope) { return slope.bound() <= settled * size; };
  const long double noise = left.bound() + right.bound() + rtol * size;
  return settles(left) && settles(right) && std::abs(left.value - right.value) > noise;
}

std::vector<OneSidedSlopes> one_sided_slopes(const Graph& graph, const Point& point, ValueId from,
                                             std::size_t entry, ValueId target, double step) {
  Evaluator<double> evaluator(graph, point.values, point.held, Reach::downstream);
  evaluator.aim(from, target);
  std::vector<OneSidedSlopes> both;
  try {
    const std::vector<Estimate> left = slopes(evaluator, point, from, entry, target, -step);
    const std::vector<Estimate> right = slopes(evaluator, point, from, entry, target, step);
    for (std::size_t j = 0; j < std::min(left.size(), right.size()); ++j) {
      both.push_back({left[j], right[j]});
    }
  } catch (const Error&) {
    both.clear();
  }
  return both;
}

}  // namespace gradcheck
