#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/plateaus.hpp>

namespace gradcheck {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Neville's scheme over up to three quotients, and by how much its weights enlarge noise / h.
struct Extrapolated {
  double first, second, third;  ///< V¹, V², V³
  double amplification;         ///< of η / h_k in V³
};

/// By what an error of the given order differs between steps j and k.
double ratio_of(const Quotients& q, int k, int j) {
  const double steps = q.step[j] / q.step[k];
  return q.ratio == 4 ? steps * steps : steps;
}

Extrapolated extrapolate_at(const Quotients& q, int k) {
  const double per_value = q.ratio == 4 ? 1 : 2;  // a one-sided quotient has the noise of y(0) too
  const auto second_at = [&](int j) {
    return q.value[j] + (q.value[j] - q.value[j + 1]) / (ratio_of(q, j, j + 1) - 1);
  };
  const auto noise_at = [&](int j) {
    const double r = ratio_of(q, j, j + 1), nearer = 1 / q.step[j], farther = 1 / q.step[j + 1];
    return (r * nearer + farther) / (r - 1);
  };
  const double r = ratio_of(q, k, k + 2), near = second_at(k), far = second_at(k + 1);
  return {q.value[k], near, near + (near - far) / (r - 1),
          per_value * q.step[k] * (r * noise_at(k) + noise_at(k + 1)) / (r - 1)};
}

/// η_k: how far the smaller steps are from a line of that derivative and the leading error term
/// that step k shows. NUMERICS.md (5).
double noise_below(const Quotients& q, int k, double value, double order) {
  const double error = q.value[k] - value;
  double noise = 0;
  for (int j = 0; j < k; ++j) {
    const double expected = value + error * std::pow(q.step[j] / q.step[k], order);
    noise = std::max(noise, std::abs(q.value[j] - expected) * q.step[j]);
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

/// A value with its truncation error (infinite: no convergence), by how much noise / h is enlarged
/// in it, and the order of the leading error term of the quotients.
struct Estimate {
  double value, truncation, amplification, order;
};

double smooth_order(const Quotients& q) { return q.ratio == 4 ? 2 : 1; }

/// Where the quotients converge as those of a smooth function.
Estimate smooth_estimate(const Quotients& q, int k, const Extrapolated& v) {
  double truncation = std::abs(v.third - v.second);
  if (k + 3 < q.size()) {
    const Extrapolated farther = extrapolate_at(q, k + 1);
    truncation =
        std::max(truncation, std::abs(farther.third - farther.second) / (q.ratio * q.ratio));
  } else {
    truncation = std::max(truncation, std::abs(v.third - v.first));
  }
  return {v.third, truncation, v.amplification, smooth_order(q)};
}

/// Where they converge as a geometric series of another order, or not at all.
Estimate series_estimate(const Quotients& q, int k, const Differences& d,
                         const DifferentiationOptions& options) {
  const double ratio = d.ratio(0), per_value = q.ratio == 4 ? 1 : 2;
  if (!(std::abs(ratio) >= options.slowest_ratio)) {
    return {q.value[k], infinity, per_value, 0};
  }
  const double rest = 1 / (std::abs(ratio) - 1);
  const bool steady = d.exists(2) && ratio > 0 &&
                      std::abs(d.ratio(1) - ratio) <= options.steady_ratio * (ratio - 1);
  if (!steady) {
    return {q.value[k], std::abs(d.at(0)) * std::max(1.0, rest), per_value, 0};
  }
  const double value = q.value[k] - d.at(0) * rest;
  const double farther = q.value[k + 1] - d.at(1) / (d.ratio(1) - 1);
  const double enlarged = (ratio + 0.5) * rest;  // its derivatives by the three quotients
  return {value, 2 * std::abs(value - farther), per_value * enlarged * enlarged, std::log2(ratio)};
}

/// Whether the second differences at k are those of a kink.
bool corner_at(const Quotients& q, int k, double noise_per_step,
               const DifferentiationOptions& options) {
  if (q.second.empty()) {
    return false;
  }
  const double near = std::abs(q.second[k]), far = std::abs(q.second[k + 1]);
  return near > 4 * noise_per_step && near > options.corner_ratio * far;
}

Candidate candidate_at(const Quotients& q, int k, const DifferentiationOptions& options) {
  const Extrapolated v = extrapolate_at(q, k);
  const double seen = std::max(q.unit[k], noise_below(q, k, v.third, smooth_order(q)));
  const Differences d(q, k, seen / q.step[k]);
  const bool smooth = d.explained() || std::abs(d.ratio(0)) >= options.smooth_ratio * q.ratio;
  const Estimate e = smooth ? smooth_estimate(q, k, v) : series_estimate(q, k, d, options);
  const double unseen = std::pow(options.miss, -1.0 / k);
  const double noise = std::max(q.unit[k], unseen * noise_below(q, k, e.value, e.order));
  Candidate c;
  c.k = k;
  c.value = e.value;
  c.truncation = e.truncation;
  c.rounding = e.amplification * noise / q.step[k];
  c.corner = corner_at(q, k, noise / q.step[k], options);
  return c;
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
}

}  // namespace

std::vector<Candidate> candidates(const Quotients& q, const DifferentiationOptions& options) {
  std::vector<Candidate> result;
  for (int k = std::max(1, options.least_steps - 3); k + 2 < q.size(); ++k) {
    const Candidate c = candidate_at(q, k, options);
    if (std::isfinite(c.value) && std::isfinite(c.bound())) {
      result.push_back(c);
    }
  }
  return result;
}

std::vector<Plateau> plateaus(const Quotients& q, const DifferentiationOptions& options) {
  std::vector<Plateau> result;
  for (const Candidate& c : candidates(q, options)) {
    if (result.empty() || !meet(result.back(), c)) {
      result.emplace_back();
      result.back().nearest = q.step[c.k];
      take(result.back(), c, q);
    } else if (c.bound() < result.back().bound()) {
      take(result.back(), c, q);
    }
    result.back().farthest = q.step[c.k];
  }
  return result;
}

}  // namespace gradcheck
