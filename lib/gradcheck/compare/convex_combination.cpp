#include <algorithm>
#include <cmath>
#include <set>

#include <gradcheck/compare/convex_combination.hpp>

namespace gradcheck {

namespace {

constexpr int most_sweeps = 200;
constexpr double snap = 1e-6;
constexpr double settled = 1e-12;

/// Moves weight from piece q to piece p of a site as far as it brings the convex combination nearer
/// to the excess that is left; returns how much.
double shift(const SiteDerivatives& site, std::vector<double>& weights, std::size_t p,
             std::size_t q, std::vector<long double>& left) {
  long double along = 0, square = 0;
  for (std::size_t e = 0; e < site.unknowns.size(); ++e) {
    const long double derivative = site.by_piece[p][e] - site.by_piece[q][e];
    along += derivative * left[site.unknowns[e]];
    square += derivative * derivative;
  }
  if (!(square > 0) || !std::isfinite(along)) {
    return 0;
  }
  const double amount = std::clamp(static_cast<double>(along / square), -weights[p], weights[q]);
  weights[p] += amount;
  weights[q] -= amount;
  for (std::size_t e = 0; e < site.unknowns.size(); ++e) {
    left[site.unknowns[e]] -= amount * (site.by_piece[p][e] - site.by_piece[q][e]);
  }
  return std::abs(amount);
}

double sweep(const std::vector<SiteDerivatives>& sites, std::vector<std::vector<double>>& weights,
             std::vector<long double>& left) {
  double largest = 0;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    for (std::size_t p = 0; p < weights[s].size(); ++p) {
      for (std::size_t q = 0; q < p; ++q) {
        largest = std::max(largest, shift(sites[s], weights[s], p, q, left));
      }
    }
  }
  return largest;
}

void snap_to_pieces(std::vector<double>& weights) {
  double sum = 0;
  for (double& w : weights) {
    w = w < snap ? 0 : w > 1 - snap ? 1 : w;
    sum += w;
  }
  for (double& w : weights) {
    w /= sum;
  }
}

}  // namespace

std::vector<std::vector<double>> fit_combinations(const std::vector<SiteDerivatives>& sites,
                                                  std::vector<long double> excess) {
  std::vector<std::vector<double>> weights;
  for (const SiteDerivatives& site : sites) {
    weights.emplace_back(site.by_piece.size(), 0.0);
    weights.back()[site.chosen] = 1;
  }
  for (int k = 0; k < most_sweeps && sweep(sites, weights, excess) > settled; ++k) {
  }
  std::ranges::for_each(weights, snap_to_pieces);
  return weights;
}

ConvexCombination mix(const Branches& base, const std::vector<std::size_t>& sites,
                      const std::vector<Branches>& pieces,
                      const std::vector<std::vector<double>>& weights) {
  // A number τ drawn evenly from [0, 1) picks for each site the piece at which its cumulative
  // weight passes τ; the parts are the intervals of τ in which no site changes its mind.
  std::set<double> ends{1.0};
  for (const std::vector<double>& w : weights) {
    double sum = 0;
    for (const double x : w) {
      sum += x;
      if (sum > snap && sum < 1 - snap) {
        ends.insert(sum);
      }
    }
  }
  ConvexCombination combination;
  double start = 0;
  for (const double end : ends) {
    Branches branches = base;
    for (std::size_t s = 0; s < sites.size(); ++s) {
      std::size_t piece = 0;
      for (double sum = weights[s][0]; sum <= start + snap / 2 && piece + 1 < weights[s].size();) {
        sum += weights[s][++piece];
      }
      branches[sites[s]] = pieces[s][piece];
    }
    combination.parts.push_back({end - start, std::move(branches)});
    start = end;
  }
  return combination;
}

}  // namespace gradcheck
