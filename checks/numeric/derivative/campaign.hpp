#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <gradcheck/numeric/derivative/differentiation_options.hpp>

#include "numeric/derivative/families.hpp"

namespace gradcheck {

/// Verdicts of the two ladders together on one analytic value at many points.
struct VerdictCounts {
  int agree = 0, unresolved = 0, inconclusive = 0, disagree = 0;
};

/// By what the analytic value is multiplied: 1 is right. Where the derivative is 0, only that is
/// tried.
constexpr std::array<double, 6> campaign_factors = {1, -1, 2, 1.01, 1.001, 1 + 1e-5};

struct CampaignResult {
  std::array<VerdictCounts, campaign_factors.size()> counts;
  int points = 0;
  int outside = 0;          ///< the exact derivative is farther away than the bound says
  long evaluations = 0;     ///< of the first ladder
  double median_bound = 0;  ///< in relation to the derivative
};

/// Differentiates a family at that many random points, and judges right and wrong analytic values.
CampaignResult run_campaign(const Family& family, int points, std::uint64_t seed,
                            const DifferentiationOptions& options = {});

}  // namespace gradcheck
