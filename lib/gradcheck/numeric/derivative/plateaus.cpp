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
  explicit Tableau(const Quotients& q) : columns_{{q.value, {}}} {
    const double values = q.ratio == 4 ? 1 : 2;  // a one-sided quotient has the noise of y(0) too
    for (const double h : q.step) {
      columns_[0].noise.push_back(values / h);
    }
    for (int j = 1; j <= most_orders && j < q.size(); ++j) {
      columns_.push_back(next(q, j));
    }
  }

  bool has(int k, int j) const {
    return j < static_cast<int>(columns_.size()) &&
           k < static_cast<int>(columns_[static_cast<std::size_t>(j)].value.size());
  }
  double at(int k, int j) const { return column(j).value[static_cast<std::size_t>(k)]; }
  /// What a noise of 1 can do to it: Σ |weight| / h.
  double noise(int k, int j) const { return column(j).noise[static_cast<std::size_t>(k)]; }
  /// How far the last order has moved it.
  double last_change(int k, int j) const { return std::abs(at(k, j) - at(k, j - 1)); }

  static constexpr int most_orders = 3;

 private:
  struct Column {
    std::vector<double> value, noise;
  };

  const Column& column(int j) const { return columns_[static_cast<std::size_t>(j)]; }

  Column next(const Quotients& q, int j) const {
    Column result;
    for (int k = 0; k + j < q.size(); ++k) {
      const double steps =
          q.step[static_cast<std::size_t>(k + j)] / q.step[static_cast<std::size_t>(k)];
      const double r = q.ratio == 4 ? steps * steps : steps;
      const double near = at(k, j - 1), far = at(k + 1, j - 1);
      result.value.push_back(near + (near - far) / (r - 1));
      result.noise.push_back((r * noise(k, j - 1) + noise(k + 1, j - 1)) / (r - 1));
    }
    return result;
  }

  std::vector<Column> columns_;
};

/// What the smaller steps show of the noise.
struct Noise {
  double size = 0;  ///< η_k
  int onset = 0;    ///< the first step at which a quarter of it shows
};

/// How far the smaller steps are from a line of that derivative and the leading error term that
/// step k shows. NUMERICS.md (5).
Noise noise_below(const Quotients& q, int k, double value, double order) {
  const double error = q.value[k] - value;
  std::vector<double> departures;
  for (int j = 0; j < k; ++j) {
    const double expected = value + error * std::pow(q.step[j] / q.step[k], order);
    departures.push_back(std::abs(q.value[j] - expected) * q.step[j]);
  }
  const double size = *std::max_element(departures.begin(), departures.end());
  const auto onset = std::find_if(departures.begin(), departures.end(),
                                  [&](double departure) { return departure >= size / 4; });
  return {size, static_cast<int>(onset - departures.begin())};
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

/// How many smaller steps show anything of the noise: those at which values change at all.
double changed_below(const Quotients& q, int k) {
  const auto changed = std::count(q.unchanged.begin(), q.unchanged.begin() + k, false);
  return static_cast<double>(std::max<std::ptrdiff_t>(changed, 1));
}

int first_changed(const Quotients& q) {
  return static_cast<int>(std::find(q.unchanged.begin(), q.unchanged.end(), false) -
                          q.unchanged.begin());
}

/// Noise is there at all steps at which y changes. What only begins at 2^least_steps times the
/// first of them is a ripple, a feature or a kink, unless it is of the size of roundings.
bool is_structure(const Quotients& q, int k, const Noise& noise,
                  const DifferentiationOptions& options) {
  return noise.size > options.stair * q.unit[k] &&
         noise.onset > first_changed(q) + options.least_steps;
}

Candidate candidate_of(const Quotients& q, int k, const Estimate& e,
                       const DifferentiationOptions& options) {
  const double unseen = std::pow(options.miss, -1.0 / changed_below(q, k));
  const Noise below = noise_below(q, k, e.value, e.order);
  const double noise = std::max(q.unit[k], unseen * below.size);
  Candidate c;
  c.k = k;
  c.value = e.value;
  c.truncation = e.truncation;
  c.rounding = e.noise * noise;
  c.corner = corner_at(q, k, noise / q.step[k], options);
  c.structure = is_structure(q, k, below, options);
  return c;
}

/// The sharpest at step k.
Candidate candidate_at(const Quotients& q, const Tableau& t, int k,
                       const DifferentiationOptions& options) {
  const double seen = std::max(q.unit[k], noise_below(q, k, t.at(k, 2), smooth_order(q)).size);
  const Differences d(q, k, seen / q.step[k]);
  if (!d.explained() && std::abs(d.ratio(0)) < options.smooth_ratio * q.ratio) {
    return candidate_of(q, k, series_estimate(q, k, d, options), options);
  }
  Candidate best;
  for (int j = 1; j <= Tableau::most_orders && t.has(k, j); ++j) {
    const Candidate c = candidate_of(q, k, smooth_estimate(q, t, k, j), options);
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
  p.structure = c.structure;
}

}  // namespace

std::vector<Candidate> candidates(const Quotients& q, const DifferentiationOptions& options) {
  std::vector<Candidate> result;
  const Tableau tableau(q);
  for (int k = std::max(1, options.least_steps - 3); k + 2 < q.size(); ++k) {
    const Candidate c = candidate_at(q, tableau, k, options);
    if (std::isfinite(c.value) && std::isfinite(c.bound())) {
      result.push_back(c);
    }
  }
  return result;
}

std::vector<Plateau> plateaus(const Quotients& q, const DifferentiationOptions& options, int from) {
  std::vector<Plateau> result;
  for (const Candidate& c : candidates(q, options)) {
    if (c.k < from) {
      continue;
    }
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
