#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gradcheck/numeric/derivative/plateaus.hpp>

namespace gradcheck {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Neville's scheme: at(k, j) is extrapolated from the quotients k to k + j. NUMERICS.md (4).
class Tableau {
 public:
  explicit Tableau(const Quotients& q) : size_(q.size()) {
    data_.resize(static_cast<std::size_t>(2 * (most_orders + 1) * size_));
    const double values = q.ratio == 4 ? 1 : 2;  // a one-sided quotient has the noise of y(0) too
    for (int k = 0; k < size_; ++k) {
      entry(k, 0, 0) = q.value[k];
      entry(k, 0, 1) = values / q.step[k];
    }
    for (int j = 1; j <= most_orders; ++j) {
      extrapolate(q, j);
    }
  }

  bool has(int k, int j) const { return k + j < size_; }
  double at(int k, int j) const { return entry(k, j, 0); }
  /// What a noise of 1 can do to it: Σ |weight| / h.
  double noise(int k, int j) const { return entry(k, j, 1); }
  /// How far the last order has moved it.
  double last_change(int k, int j) const { return std::abs(at(k, j) - at(k, j - 1)); }

  static constexpr int most_orders = 3;

 private:
  void extrapolate(const Quotients& q, int j) {
    for (int k = 0; k + j < size_; ++k) {
      const double steps = q.step[k + j] / q.step[k];
      const double r = q.ratio == 4 ? steps * steps : steps;
      const double near = at(k, j - 1), far = at(k + 1, j - 1);
      entry(k, j, 0) = near + (near - far) / (r - 1);
      entry(k, j, 1) = (r * noise(k, j - 1) + noise(k + 1, j - 1)) / (r - 1);
    }
  }

  std::size_t place(int k, int j, int what) const {
    return static_cast<std::size_t>((2 * j + what) * size_ + k);
  }
  double& entry(int k, int j, int what) { return data_[place(k, j, what)]; }
  double entry(int k, int j, int what) const { return data_[place(k, j, what)]; }

  int size_;
  std::vector<double> data_;
};

/// How far step j is from a line of that derivative and the leading error term that step k shows.
double departure(const Quotients& q, int j, int k, double value, double order) {
  const double ratio = q.step[j] / q.step[k];
  const double term = order == 2 ? ratio * ratio : order == 1 ? ratio : std::pow(ratio, order);
  return std::abs(q.value[j] - value - (q.value[k] - value) * term) * q.step[j];
}

/// η_k: the largest of these below k. NUMERICS.md (5).
double noise_below(const Quotients& q, int k, double value, double order) {
  double noise = 0;
  for (int j = 0; j < k; ++j) {
    noise = std::max(noise, departure(q, j, k, value, order));
  }
  return noise;
}

/// Successive differences of the quotients at k, and what of them noise explains.
class Differences {
 public:
  Differences(const Quotients& q, int k, double noise_per_step)
      : q_(q), k_(k), explained_(1.5 * noise_per_step) {}

  double at(int i) const { return q_.value[k_ + i + 1] - q_.value[k_ + i]; }
  bool exists(int i) const { return k_ + i + 1 < q_.size(); }
  bool explained() const { return std::abs(at(0)) <= explained_; }
  /// ρ_{k+i}, signed: a change of sign is no ratio of a series.
  double ratio(int i) const { return at(i + 1) / at(i); }

 private:
  const Quotients& q_;
  int k_;
  double explained_;
};

/// A value with its truncation error (infinite: no convergence), what a noise of 1 can do to it,
/// and the order of the leading error term of the quotients.
struct Estimate {
  double value, truncation, noise, order;
};

double smooth_order(const Quotients& q) { return q.ratio == 4 ? 2 : 1; }

/// Where the quotients converge as those of a smooth function: j orders are removed, and the last
/// of them moved the value by no less than its error.
Estimate smooth_estimate(const Quotients& q, const Tableau& t, int k, int j) {
  double truncation = t.last_change(k, j);
  if (t.has(k + 1, j)) {
    truncation = std::max(truncation, t.last_change(k + 1, j) / std::pow(q.ratio, j));
  } else {
    truncation = std::max(truncation, std::abs(t.at(k, j) - t.at(k, 0)));
  }
  return {t.at(k, j), truncation, t.noise(k, j), smooth_order(q)};
}

/// Where they converge as a geometric series of another order, or not at all.
Estimate series_estimate(const Quotients& q, int k, const Differences& d,
                         const DifferentiationOptions& options) {
  const double ratio = d.ratio(0), noise = (q.ratio == 4 ? 1 : 2) / q.step[k];
  if (!(std::abs(ratio) >= options.slowest_ratio)) {
    return {q.value[k], infinity, noise, 0};
  }
  const double rest = 1 / (std::abs(ratio) - 1);
  const bool steady = d.exists(2) && ratio > 0 &&
                      std::abs(d.ratio(1) - ratio) <= options.steady_ratio * (ratio - 1);
  if (!steady) {
    return {q.value[k], std::abs(d.at(0)) * std::max(1.0, rest), noise, 0};
  }
  const double value = q.value[k] - d.at(0) * rest;
  const double farther = q.value[k + 1] - d.at(1) / (d.ratio(1) - 1);
  const double enlarged = (ratio + 0.5) * rest;  // its derivatives by the three quotients
  return {value, 2 * std::abs(value - farther), noise * enlarged * enlarged, std::log2(ratio)};
}

/// Whether the second differences at k are those of a kink: beyond noise, and steady over three
/// steps.
bool corner_at(const Quotients& q, int k, double noise_per_step,
               const DifferentiationOptions& options) {
  if (q.second.empty() || std::abs(q.second[k]) <= 4 * noise_per_step) {
    return false;
  }
  const auto steady = [&](double near, double far) {
    return std::min(near / far, far / near) > options.corner_ratio;
  };
  return steady(q.second[k], q.second[k + 1]) && steady(q.second[k + 1], q.second[k + 2]);
}

/// Noise at step k, so that it is larger with a chance of `miss` only. NUMERICS.md (6).
double noise_at(const Quotients& q, int k, double below, int changed_below,
                const DifferentiationOptions& options) {
  const double unseen = std::exp(-std::log(options.miss) / std::max(changed_below, 1));
  return std::max(q.unit[k], unseen * below);
}

Candidate candidate_of(const Quotients& q, int k, const Estimate& e, double noise,
                       const DifferentiationOptions& options) {
  Candidate c;
  c.k = k;
  c.value = e.value;
  c.truncation = e.truncation;
  c.rounding = e.noise * noise;
  c.order = e.order;
  c.corner = corner_at(q, k, noise / q.step[k], options);
  return c;
}

/// The sharpest at step k, below which y has changed at so many steps.
Candidate candidate_at(const Quotients& q, const Tableau& t, int k, int changed_below,
                       const DifferentiationOptions& options) {
  const double below = noise_below(q, k, t.at(k, 2), smooth_order(q));
  const Differences d(q, k, std::max(q.unit[k], below) / q.step[k]);
  if (!d.explained() && std::abs(d.ratio(0)) < options.smooth_ratio * q.ratio) {
    const Estimate e = series_estimate(q, k, d, options);
    const double noise = std::isinf(e.truncation) ? below : noise_below(q, k, e.value, e.order);
    return candidate_of(q, k, e, noise_at(q, k, noise, changed_below, options), options);
  }
  const double noise = noise_at(q, k, below, changed_below, options);
  Candidate best;
  for (int j = 1; j <= Tableau::most_orders && t.has(k, j); ++j) {
    const Candidate c = candidate_of(q, k, smooth_estimate(q, t, k, j), noise, options);
    if (j == 1 || c.bound() < best.bound()) {
      best = c;
    }
  }
  return best;
}

bool meet(const Plateau& p, const Candidate& c) {
  return std::abs(p.value - c.value) <= p.bound() + c.bound();
}

void take(Plateau& p, const Candidate& c, const Quotients& q) {
  p.value = c.value;
  p.truncation = c.truncation;
  p.rounding = c.rounding;
  p.step = q.step[c.k];
  p.corner = c.corner;
  p.index = c.k;
  p.order = c.order;
}

}  // namespace

std::vector<Candidate> candidates(const Quotients& q, const DifferentiationOptions& options) {
  std::vector<Candidate> result;
  const Tableau tableau(q);
  int changed = 0;
  for (int k = 0; k + 2 < q.size(); ++k) {
    if (k >= std::max(1, options.least_steps - 3)) {
      const Candidate c = candidate_at(q, tableau, k, changed, options);
      if (std::isfinite(c.value) && std::isfinite(c.bound())) {
        result.push_back(c);
      }
    }
    changed += q.unchanged[k] ? 0 : 1;
  }
  return result;
}

bool begins_late(const Quotients& q, const Plateau& plateau,
                 const DifferentiationOptions& options) {
  const int k = plateau.index;
  const double noise = noise_below(q, k, plateau.value, plateau.order);
  if (noise <= options.stair * q.unit[k]) {
    return false;
  }
  const int first = static_cast<int>(std::find(q.unchanged.begin(), q.unchanged.end(), false) -
                                     q.unchanged.begin());
  for (int j = 0; j < std::min(k, first + options.least_steps + 1); ++j) {
    if (departure(q, j, k, plateau.value, plateau.order) >= noise / 4) {
      return false;
    }
  }
  return true;
}

std::vector<Plateau> plateaus(const Quotients& q, const DifferentiationOptions& options, int from) {
  std::vector<Plateau> result;
  for (const Candidate& c : candidates(q, options)) {
    if (c.k < from) {
      continue;
    }
    if (result.empty() || !meet(result.back(), c)) {
      result.emplace_back();
      take(result.back(), c, q);
    } else if (c.bound() < result.back().bound()) {
      const bool corner = result.back().corner;  // nearer steps see it better
      take(result.back(), c, q);
      result.back().corner = result.back().corner || corner;
    }
    result.back().farthest = q.step[c.k];
  }
  return result;
}

}  // namespace gradcheck
