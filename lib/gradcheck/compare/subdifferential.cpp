#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include <gradcheck/compare/convex_combination.hpp>
#include <gradcheck/compare/subdifferential.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Pairs of samples along and against the direction that is left. Each adds a vertex of the hull or
/// ends the search; what n entries' vertices leave is looked for no longer than this.
constexpr int most_pairs = 32;
/// Draws of a direction until one leads beside no other kink.
constexpr int most_draws = 8;
/// Directions along which nothing was shown either way, before the search is given up.
constexpr int most_doubts = 3;
/// Samples about a direction before anything is called wrong.
constexpr int most_around = 48;
/// By so many tolerances they must stay off before it is: of many narrow pieces some are never met.
constexpr double decisive = 16;
/// How far these are from it, as a part of its largest entry.
constexpr double spread = 0.4;
/// And those along it.
constexpr double jitter = 0.05;

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class Search {
 public:
  Search(std::span<const double> row, std::span<const double> tolerance,
         const NearbyGradient& nearby, std::uint64_t seed)
      : row_(row), tolerance_(tolerance), nearby_(nearby), random_(seed) {}

  SubgradientCheck run(std::span<const double> right, std::span<const double> left) {
    begin(right, left);
    SubgradientCheck check;
    for (int k = 0, doubts = 0; k < most_pairs && doubts < most_doubts && !samples_.empty(); ++k) {
      check.nearest = nearest();
      const std::vector<double> missing = minus(row_, check.nearest);
      if (within(missing)) {
        check.verdict = Verdict::agree;
        return check;
      }
      if (extend(missing, check.nearest)) {
        continue;
      }
      if (separates(missing)) {
        check.verdict = Verdict::disagree;
        return check;
      }
      ++doubts;
    }
    return check;
  }

 private:
  void begin(std::span<const double> right, std::span<const double> left) {
    for (const double sign : {1.0, -1.0}) {
      sample_one([&] {
        std::vector<double> direction(row_.size());
        for (std::size_t i = 0; i < row_.size(); ++i) {
          const bool up = std::abs(row_[i] - right[i]) <= std::abs(row_[i] - left[i]);
          direction[i] = sign * (up ? 1 : -1) * std::abs(signed_part(random_));
        }
        return direction;
      });
    }
  }

  /// Some directions lead to points beside another kink, where nothing usable is found.
  template <class Draw>
  double sample_one(Draw draw, std::span<const double> d = {}) {
    double lead = -HUGE_VAL;
    for (int k = 0; k < most_draws && lead == -HUGE_VAL; ++k) {
      lead = sample(draw(), d);
    }
    return lead;
  }

  /// How far the new sample leads along `d`; −infinity where there is none.
  double sample(std::span<const double> direction, std::span<const double> d = {}) {
    std::optional<std::vector<double>> found = nearby_(direction);
    if (!found || !std::ranges::all_of(*found, [](double g) { return std::isfinite(g); })) {
      return -HUGE_VAL;
    }
    samples_.push_back(std::move(*found));
    return d.empty() ? 0 : dot(samples_.back(), d);
  }

  /// The samples are the pieces of a single site, and the row what their mixture must make.
  std::vector<double> nearest() const {
    SiteDerivatives site;
    site.unknowns.resize(row_.size());
    std::iota(site.unknowns.begin(), site.unknowns.end(), std::size_t{0});
    for (const std::vector<double>& each : samples_) {
      site.by_piece.emplace_back(each.begin(), each.end());
    }
    std::vector<long double> excess(row_.size());
    for (std::size_t i = 0; i < excess.size(); ++i) {
      excess[i] = static_cast<long double>(row_[i]) - samples_[0][i];
    }
    const std::vector<double> weights = fit_combinations({site}, std::move(excess))[0];
    std::vector<double> q(row_.size(), 0);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      for (std::size_t i = 0; i < q.size(); ++i) {
        q[i] += weights[k] * samples_[k][i];
      }
    }
    return q;
  }

  static std::vector<double> minus(std::span<const double> a, std::span<const double> b) {
    std::vector<double> difference(a.begin(), a.end());
    for (std::size_t i = 0; i < a.size(); ++i) {
      difference[i] -= b[i];
    }
    return difference;
  }

  bool within(std::span<const double> missing) const {
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (!(std::abs(missing[i]) <= tolerance_[i])) {
        return false;
      }
    }
    return true;
  }

  /// What the tolerances come to along a direction.
  double room(std::span<const double> d) const {
    double sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      sum += std::abs(d[i]) * tolerance_[i];
    }
    return sum;
  }

  std::vector<double> about(std::span<const double> d, double sign, double off) {
    const double largest =
        std::abs(*std::ranges::max_element(d, {}, [](double each) { return std::abs(each); }));
    std::vector<double> direction(d.size());
    for (std::size_t i = 0; i < d.size(); ++i) {
      direction[i] = sign * d[i] / largest + 2 * off * signed_part(random_);
    }
    return direction;
  }

  /// Whether a sample along d or −d leads beyond the hull.
  bool extend(std::span<const double> d, std::span<const double> q) {
    const double before = dot(q, d) + room(d);
    const double ahead = sample_one([&] { return about(d, 1, jitter); }, d);
    const double behind = sample_one([&] { return about(d, -1, jitter); }, d);
    return std::max(ahead, behind) > before;
  }

  /// Whether all samples about d and −d stay on the near side of the row. None may be missing.
  bool separates(std::span<const double> d) {
    double farthest = -HUGE_VAL;
    for (int k = 0; k < most_around; ++k) {
      const double lead = sample_one([&] { return about(d, k % 2 == 0 ? 1 : -1, spread); }, d);
      if (lead == -HUGE_VAL) {
        return false;
      }
      farthest = std::max(farthest, lead);
    }
    return farthest < dot(row_, d) - decisive * room(d);
  }

  std::span<const double> row_;
  std::span<const double> tolerance_;
  const NearbyGradient& nearby_;
  std::mt19937_64 random_;
  std::vector<std::vector<double>> samples_;
};

}  // namespace

SubgradientCheck check_subgradient(std::span<const double> row, std::span<const double> right,
                                   std::span<const double> left, std::span<const double> tolerance,
                                   const NearbyGradient& nearby, std::uint64_t seed) {
  return Search(row, tolerance, nearby, seed).run(right, left);
}

}  // namespace gradcheck
