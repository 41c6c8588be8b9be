#include "numeric/derivative/campaign.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gradcheck/compare/judge_derivative.hpp>

namespace gradcheck {

namespace {

/// What a good backward loses: a few roundings of its value, and one unit of its argument.
double own_rounding(const Family& family, const ScalarResponse& response, double exact) {
  const double beside = static_cast<double>(family.derivative(response.x() + response.quantum()));
  const double moved = std::isfinite(beside) ? std::abs(beside - exact) : 0;
  return 4 * response.unit_roundoff() * std::abs(exact) + moved;
}

/// The derivative, or 0 ± rounding if nothing moves at any step.
Derivative only_derivative(ScalarResponse& response, Ladder ladder,
                           const DifferentiationOptions& options) {
  const std::vector<Derivative> found = ladder_derivative(response, ladder, options);
  if (!found.empty()) {
    return found[0];
  }
  Derivative still;
  still.seen = Seen::constant;
  still.rounding = response.rounding_unit(0) / response.characteristic_scale();
  return still;
}

void count(VerdictCounts& counts, const Judgement& judgement) {
  switch (judgement.verdict) {
    case Verdict::agree:
      ++(judgement.unresolved ? counts.unresolved : counts.agree);
      break;
    case Verdict::disagree:
      ++counts.disagree;
      break;
    default:
      ++counts.inconclusive;
  }
}

/// Whatever disagrees with the first ladder is confirmed by the independent one.
Judgement judge_both(double analytic, double rounding, const Derivative& first,
                     const Derivative& independent, double rtol,
                     const DifferentiationOptions& options) {
  const Judgement one = judge(analytic, rounding, first, rtol, options);
  return one.verdict == Verdict::disagree
             ? judge(analytic, rounding, first, independent, rtol, options)
             : one;
}

}  // namespace

CampaignResult run_campaign(const Family& family, int points, std::uint64_t seed,
                            const DifferentiationOptions& options) {
  std::mt19937_64 generator(seed);
  CampaignResult result;
  std::vector<double> bounds;
  for (; result.points < points; ++result.points) {
    const double even = static_cast<double>(generator() >> 11U) * 0x1p-53;
    ScalarResponse response(family.function, family.point(even), family.arithmetic, family.scale);
    const double exact = static_cast<double>(family.derivative(response.x()));
    const double rounding = own_rounding(family, response, exact);
    const double rtol = family.arithmetic == Arithmetic::float64 ? 1e-7 : 1e-5;
    const Derivative first = only_derivative(response, Ladder::first, options);
    result.evaluations += response.evaluations();
    const Derivative other = only_derivative(response, Ladder::independent, options);
    result.outside += std::abs(first.value - exact) > first.bound() + rounding ? 1 : 0;
    bounds.push_back(first.bound() / std::abs(exact));
    for (std::size_t i = 0; i < (exact == 0 ? 1 : campaign_factors.size()); ++i) {
      count(result.counts[i],
            judge_both(campaign_factors[i] * exact, rounding, first, other, rtol, options));
    }
  }
  std::sort(bounds.begin(), bounds.end());
  result.median_bound = bounds.empty() ? 0 : bounds[bounds.size() / 2];
  return result;
}

}  // namespace gradcheck
