#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/differentiator.hpp>

namespace gradcheck {

namespace {

// How much nearer each look is: the smallest steps of one are the largest of the next.
constexpr long double nearer = 0x1p-4L;
constexpr int max_estimates = 3;
// A second look keeps this distance from the steps of the one before.
constexpr long double beside = 0.7L;
// Where layers cannot be differenced one by one: steps of the whole, as fractions of the scale.
constexpr double largest_step = 0x1p-3;
constexpr int steps = 4;

/// Where smaller steps would add more rounding than they take away truncation, the bound is as
/// small as it gets: judged against twice its floor, it passes.
void lower_attainable_in_float32(Difference& difference, const std::vector<long double>& finest) {
  for (std::size_t j = 0; j < difference.estimates.size(); ++j) {
    const Estimate& estimate = difference.estimates[j];
    if (finest[j] >= estimate.truncation) {
      difference.attainable[j] = estimate.bound() / 2;
    }
  }
}

}  // namespace

ForwardAccumulation::Result Differentiator::carried_through_float32(const Difference& difference) {
  return forward_accumulation_.differentiate(from_, difference.entry, target_, evaluator_.path(),
                                             static_cast<long double>(difference.scale),
                                             difference.nearness);
}

bool Differentiator::refine_in_float32(Difference& difference) {
  const std::vector<Estimate> before = difference.estimates;
  for (; difference.refinements <= max_estimates; ++difference.refinements) {
    difference.nearness = std::pow(nearer, difference.refinements - 1);
    const ForwardAccumulation::Result carried = carried_through_float32(difference);
    if (!carried.estimates.empty()) {
      difference.propagated = true;
      difference.estimates = better(carried.estimates, before);
      lower_attainable_in_float32(difference, carried.finest);
      return true;
    }
  }
  return !difference.retried && start_in_float32(difference);
}

bool Differentiator::start_in_float32(Difference& difference) {
  const std::vector<Estimate> before = difference.estimates;
  difference.retried = true;
  if (!begin(difference, difference.scale * largest_step, steps)) {
    return false;
  }
  conclude(difference, fixed());
  difference.estimates = better(before, difference.estimates);
  std::vector<long double> finest;
  for (const Quotient& quotient : difference.quotients.back()) {
    finest.push_back(quotient.rounding);
  }
  lower_attainable_in_float32(difference, finest);
  return true;
}

/// From nearer if what is seen there contradicts what was seen from far; else from about the same
/// distance, where rounding leaves as many digits.
bool Differentiator::independent_in_float32(Difference& look) {
  if (!look.propagated) {
    return false;
  }
  const long double before = look.nearness;
  look.nearness = before * beside * nearer;
  ForwardAccumulation::Result seen = carried_through_float32(look);
  if (std::ranges::equal(seen.estimates, look.estimates, compatible)) {
    look.nearness = before * beside;
    seen = carried_through_float32(look);
  }
  look.estimates = seen.estimates;
  if (!look.estimates.empty()) {
    lower_attainable_in_float32(look, seen.finest);
  }
  return !look.estimates.empty();
}

}  // namespace gradcheck
