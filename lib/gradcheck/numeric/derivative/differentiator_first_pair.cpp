#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/differentiator.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>

namespace gradcheck {

namespace {

// The quotients of both sides differ by h f'', rounding adds ε|f|/h: both leave seven digits of an
// ordinary derivative at this step in long double.
constexpr double first_pair_step = 0x1p-29;
// What does not move the layers behind it at this step either moves nothing.
constexpr double far_step = 0x1p-4;

}  // namespace

/// One pair of probes on the entry's scale or, where that leaves a domain, on that of its own size.
std::optional<Difference> Differentiator::first_pair(std::size_t entry) {
  Difference difference;
  difference.entry = entry;
  difference.scale = scales_.data()[entry];
  difference.in_long_double = true;
  difference.paired = true;
  const double own = std::abs(point_.values[from_].data()[entry]);
  if (!first_pair_from(difference, difference.scale * first_pair_step)) {
    const bool nearer = own > 0 && own < difference.scale;
    difference.scale = own;
    if (!nearer || !first_pair_from(difference, own * first_pair_step)) {
      return std::nullopt;
    }
  }
  if (is_locally_constant(difference)) {
    for (std::size_t j = 0; j < difference.estimates.size(); ++j) {
      difference.attainable[j] = difference.estimates[j].bound();
    }
  }
  return difference;
}

/// The central quotient, its truncation taken from how far the quotients of both sides are apart.
bool Differentiator::first_pair_from(Difference& difference, double step) {
  const long double x = point_.long_values()[from_].data()[difference.entry];
  const long double right = x + static_cast<long double>(step);
  const long double left = x - static_cast<long double>(step);
  const auto above = probe(long_evaluator_, difference.entry, right);
  const auto below = above ? probe(long_evaluator_, difference.entry, left) : std::nullopt;
  if (!below) {
    return false;
  }
  std::vector<Quotient> row;
  for (std::size_t j = 0; j < above->size(); ++j) {
    const long double rise = ((*above)[j] - long_base_[j]) / (right - x);
    const long double before = (long_base_[j] - (*below)[j]) / (x - left);
    const Probed y{(*above)[j], long_base_[j], (*below)[j]};
    row.push_back(quotient_of(y, step, right - left, j, machine_epsilon<long double>()));
    difference.estimates.push_back({row[j].derivative, std::abs(rise - before), row[j].rounding});
  }
  difference.family = difference.estimates;
  difference.attainable.assign(row.size(), 0);
  difference.quotients.push_back(std::move(row));
  return true;
}

/// Whether the entry moves nothing: neither the target nearby nor, from further away, any layer
/// that reads it. Then no better value is to be had.
bool Differentiator::is_locally_constant(const Difference& difference) {
  const bool moved = std::ranges::any_of(difference.estimates, [](const Estimate& estimate) {
    return estimate.value != 0 || estimate.truncation != 0;
  });
  if (moved) {
    return false;
  }
  const long double x = point_.long_values()[from_].data()[difference.entry];
  const long double far = static_cast<long double>(difference.scale) * far_step;
  return probe(long_evaluator_, difference.entry, x + far) && still_consumers() &&
         probe(long_evaluator_, difference.entry, x - far) && still_consumers();
}

bool Differentiator::still_consumers() const {
  return std::ranges::all_of(long_evaluator_.path(), [&](std::size_t k) {
    const Graph::Node& node = graph_.nodes[k];
    return std::ranges::count(node.inputs, from_) == 0 ||
           std::ranges::all_of(node.outputs, [&](ValueId id) {
             return std::ranges::equal(entries(long_evaluator_.value(id)),
                                       entries(point_.long_values()[id]));
           });
  });
}

}  // namespace gradcheck
