#include <cmath>

#include <gradcheck/numeric/derivative/difference.hpp>

namespace gradcheck {

namespace {

/// A truncation of so many roundings may be nothing but noise.
constexpr long double noise_share = 4;
/// Both sides of a central quotient carry four times its rounding; so many of these are no noise.
constexpr long double sides_rounding = 4;
constexpr long double beyond_noise = 4;
/// Halving the step halves the second difference of a smooth function, and leaves that of a corner:
/// between them.
constexpr long double stays = 0.75L;

std::vector<Quotient> column(const Difference& difference, std::size_t output) {
  std::vector<Quotient> quotients;
  for (const std::vector<Quotient>& row : difference.quotients) {
    quotients.push_back(row[output]);
  }
  return quotients;
}

}  // namespace

void conclude(Difference& difference, bool fixed) {
  const std::size_t outputs = difference.quotients.empty() ? 0 : difference.quotients[0].size();
  const int order = difference.side == 0 ? 2 : 1;
  difference.estimates.assign(outputs, {});
  difference.attainable.resize(outputs);
  difference.bent.assign(outputs, false);
  for (std::size_t j = 0; j < outputs; ++j) {
    const std::vector<Quotient> quotients = column(difference, j);
    difference.estimates[j] =
        fixed ? unextrapolated(quotients[0], quotients[1], order) : extrapolate(quotients, order);
    difference.bent[j] = order == 2 && bent_between(quotients[0], quotients[1]);
  }
  difference.family = difference.estimates;
}

bool bent_between(const Quotient& large, const Quotient& small) {
  const long double far = std::abs(large.second_difference),
                    near = std::abs(small.second_difference);
  const long double noise = sides_rounding * (large.rounding + small.rounding);
  return near > beyond_noise * noise && near > stays * far + noise;
}

void lower_attainable(Difference& difference) {
  if (!difference.propagated) {
    return;
  }
  for (std::size_t j = 0; j < difference.estimates.size(); ++j) {
    const Estimate& estimate = difference.estimates[j];
    long double& floor = difference.attainable[j];
    if (estimate.rounding >= estimate.truncation && (floor == 0 || estimate.rounding < floor)) {
      floor = estimate.rounding;
    }
  }
}

void lower_attainable_of_family(Difference& difference) {
  lower_attainable(difference);
  for (std::size_t j = 0; difference.propagated && j < difference.family.size(); ++j) {
    const Estimate& estimate = difference.family[j];
    const long double finest = difference.quotients.back()[j].rounding;
    long double& floor = difference.attainable[j];
    if (finest >= estimate.truncation && (floor == 0 || estimate.bound() / 2 < floor)) {
      floor = estimate.bound() / 2;
    }
  }
}

bool rounding_limits(const Estimate& estimate) {
  return noise_share * estimate.rounding >= estimate.truncation;
}

std::vector<Estimate> better(const std::vector<Estimate>& near, const std::vector<Estimate>& far) {
  std::vector<Estimate> best = near;
  for (std::size_t j = 0; j < best.size(); ++j) {
    if (compatible(near[j], far[j]) && far[j].bound() < near[j].bound()) {
      best[j] = far[j];
    }
  }
  return best;
}

}  // namespace gradcheck
