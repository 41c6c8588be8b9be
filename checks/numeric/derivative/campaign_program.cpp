#include <cstdio>
#include <cstdlib>

#include "numeric/derivative/campaign.hpp"

using namespace gradcheck;

namespace {

void add(VerdictCounts& sum, const VerdictCounts& counts) {
  sum.agree += counts.agree;
  sum.unresolved += counts.unresolved;
  sum.inconclusive += counts.inconclusive;
  sum.disagree += counts.disagree;
}

void print(const VerdictCounts& c) {
  std::printf(" %6d/%5d/%5d/%6d", c.agree, c.unresolved, c.inconclusive, c.disagree);
}

}  // namespace

/// gradcheck_derivative_campaign [POINTS [SEED]]: for each family and factor of the analytic value,
/// how many agree / are unresolved / are inconclusive / disagree.
int main(int argc, char** argv) {
  const int points = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  CampaignResult sum;
  std::printf("%-38s %5s %6s %8s", "family", "calls", "beyond", "bound");
  for (const double factor : campaign_factors) {
    std::printf(" %27g", factor);
  }
  std::printf("\n");
  for (const Family& family : families()) {
    const CampaignResult r = run_campaign(family, points, seed);
    std::printf("%-38s %5ld %6d %8.0e", family.name.c_str(), r.evaluations / points, r.outside,
                r.median_bound);
    for (std::size_t i = 0; i < r.counts.size(); ++i) {
      print(r.counts[i]);
      add(sum.counts[i], r.counts[i]);
    }
    std::printf("\n");
    sum.points += r.points;
    sum.outside += r.outside;
  }
  std::printf("%-38s %5d %6d %8s", "all", sum.points, sum.outside, "");
  for (const VerdictCounts& counts : sum.counts) {
    print(counts);
  }
  std::printf("\n");
}
