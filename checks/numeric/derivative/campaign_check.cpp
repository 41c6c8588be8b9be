#include <doctest/doctest.h>

#include "numeric/derivative/campaign.hpp"

using namespace gradcheck;

TEST_CASE(
    "derivative: of all families, none that is right is called wrong, none that is wrong right") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    const CampaignResult result = run_campaign(family, 40, 1);
    CHECK(result.counts[0].disagree == 0);
    CHECK(result.counts[1].agree == 0);  // -1
    CHECK(result.counts[2].agree == 0);  // 2
    CHECK(result.counts[3].agree == 0);  // 1.01
  }
}
