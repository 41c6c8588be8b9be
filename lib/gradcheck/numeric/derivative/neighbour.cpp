#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/neighbour.hpp>

namespace gradcheck {

namespace {

/// Worst case of the weights of (4 D_{h/2} − D_h) / 3 over noise / (h/2): 4/3 + 1/6.
constexpr double pair_amplification = 1.5;
/// ... of those of NUMERICS.md (4) for central quotients.
constexpr double ladder_amplification = 1.65;

/// Two central quotients of one output at h/2 and h. NUMERICS.md (7).
struct Pair {
  bool usable = false, unchanged = false;
  double step = 0;                         ///< h/2, as made
  double near = 0, far = 0;                ///< D_{h/2}, D_h
  double near_second = 0, far_second = 0;  ///< (y(s) − 2 y(0) + y(−s)) / s there
  double unit = 0;

  /// The fourth difference of the five values at −h to h, over what noise of size 1 makes it: √70.
  double noise() const {
    return step * std::abs(2 * far_second - 4 * near_second) / std::sqrt(70.0);
  }
};

/// The second difference per step is that of a kink.
bool is_corner(const Pair& p, double noise, const DifferentiationOptions& options) {
  const double near = std::abs(p.near_second);
  return near > 4 * noise / p.step && near > options.corner_ratio * std::abs(p.far_second);
}

Derivative estimate(const Pair& p, double noise) {
  Derivative d;
  const double change = (p.near - p.far) / 3;
  d.value = p.near + change;
  d.truncation = std::abs(change);
  d.rounding = pair_amplification * noise / p.step;
  d.step = p.step;
  d.seen = p.unchanged ? Seen::constant : Seen::smooth;
  return d;
}

Pair pair_at(const Quotients& q, int k) {
  return {true,
          q.unchanged[k] && q.unchanged[k + 1],
          q.step[k],
          q.value[k],
          q.value[k + 1],
          q.second[k],
          q.second[k + 1],
          q.unit[k]};
}

/// The values of one output at −h, −h/2, h/2 and h, and the displacements made.
class FourProbes {
 public:
  FourProbes(Response& response, double step)
      : response_(response), probes_(probe_steps(response, {step / 2, step})) {}

  std::vector<std::size_t> outputs() const { return moved(response_, probes_); }

  Pair pair(std::size_t output) const {
    const double y = response_.base()[output];
    Pair p;
    double step[2], quotient[2], second[2];
    for (std::size_t k = 0; k < 2; ++k) {
      const Probe &above = probes_.above[k], &below = probes_.below[k];
      if (!above.usable || !below.usable) {
        return p;
      }
      const double a = above.made_for(output), b = -below.made_for(output);
      const double right = (above.y[output] - y) / a, left = (y - below.y[output]) / b;
      step[k] = (a + b) / 2;
      quotient[k] = (right * b + left * a) / (a + b);
      second[k] = right - left;
      p.unit = std::max({p.unit, std::abs(above.y[output]), std::abs(below.y[output])});
    }
    p.usable = step[0] > 0 && step[1] > step[0] && std::isfinite(quotient[0] + quotient[1]);
    p.unchanged = quotient[0] == 0 && quotient[1] == 0 && second[0] == 0 && second[1] == 0;
    p.step = step[0];
    p.near = quotient[0];
    p.far = quotient[1];
    p.near_second = second[0];
    p.far_second = second[1];
    p.unit = std::max(response_.rounding_unit(output), response_.unit_roundoff() * p.unit);
    return p;
  }

 private:
  Response& response_;
  LadderProbes probes_;
};

/// A library function errs by up to a unit in the last place: two rounding units.
constexpr double least_roundings = 2;
/// So many outputs of a pilot are enough to choose a step by.
constexpr std::size_t most_outputs = 64;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Estimates of the outputs that moved, the sharpest of all steps tried.
class Neighbour {
 public:
  Neighbour(Response& response, const Pilot& pilot, const DifferentiationOptions& options)
      : response_(response), pilot_(pilot), options_(options) {}

  void probe(double step) {
    const FourProbes probes(response_, step);
    for (const std::size_t output : probes.outputs()) {
      add(output, probes.pair(output));
    }
  }

  /// The output whose bound is farthest from what is asked of it. Null if all are sharp.
  const Derivative* worst() {
    const Derivative* worst = nullptr;
    double excess = 1;
    measure();
    for (const State& s : states_) {
      if (s.fits && s.d.bound() > excess * asked(s.d)) {
        excess = s.d.bound() / asked(s.d);
        worst = &s.d;
      }
    }
    return worst;
  }

  NeighbourDerivatives result() {
    NeighbourDerivatives result;
    measure();
    for (const State& s : states_) {
      if (s.fits && s.d.bound() <= asked(s.d)) {
        result.found.push_back(s.d);
      } else {
        result.open = true;
      }
    }
    return result;
  }

 private:
  struct State {
    Derivative d;
    bool fits = true;  ///< no kink, no refusal, and no step that contradicts another
  };

  void add(std::size_t output, const Pair& pair) {
    State& s = state(output);
    if (!pair.usable) {
      s.fits = false;
      return;
    }
    const double noise = std::max(pilot_.roundings * pair.unit, pair.noise());
    Derivative d = estimate(pair, noise);
    d.output = output;
    const bool first = s.d.seen == Seen::nothing;
    s.fits = s.fits && !is_corner(pair, noise, options_) &&
             (first || std::abs(d.value - s.d.value) <= d.bound() + s.d.bound());
    if (first || d.bound() < s.d.bound()) {
      s.d = d;
    }
  }

  /// In the order of outputs; nearly always the next one.
  State& state(std::size_t output) {
    const auto place =
        std::lower_bound(states_.begin(), states_.end(), output,
                         [](const State& s, std::size_t o) { return s.d.output < o; });
    if (place != states_.end() && place->d.output == output) {
      return *place;
    }
    State& added = *states_.emplace(place);
    added.d.output = output;
    return added;
  }

  /// The largest derivative by each entry.
  void measure() {
    largest_.clear();
    for (const State& s : states_) {
      const std::size_t entry = response_.entry(s.d.output);
      largest_.resize(std::max(largest_.size(), entry + 1));
      largest_[entry] = std::max(largest_[entry], std::abs(s.d.value));
    }
  }

  /// Sharp in relation to itself, or to a share of the largest derivative by the same entry.
  double asked(const Derivative& d) const {
    const double share = options_.negligible * largest_[response_.entry(d.output)];
    return options_.agreement * std::max(std::abs(d.value), share);
  }

  Response& response_;
  const Pilot& pilot_;
  const DifferentiationOptions& options_;
  std::vector<State> states_;
  std::vector<double> largest_;
};

/// Where h² and 1/h meet: a power of two times the step, so that the displacement is exact.
double better_step(const Derivative& d, double step) {
  const double least = std::numeric_limits<double>::min();
  const double ratio = std::max(d.rounding, least) / std::max(d.truncation, least);
  return step * std::exp2(std::clamp(std::round(std::log2(ratio) / 3), -16.0, 16.0));
}

}  // namespace

Pilot pilot_from(const Response& response, const LadderProbes& probes,
                 const std::vector<Derivative>& found, const DifferentiationOptions& options) {
  std::vector<double> roundings;
  std::vector<double> promise(probes.steps.size()), counted(probes.steps.size());
  const std::size_t stride = found.size() / most_outputs + 1;
  for (std::size_t i = 0; i < found.size(); i += stride) {
    const Derivative& d = found[i];
    if (d.seen != Seen::smooth || d.bound() > options.resolution * std::abs(d.value)) {
      continue;
    }
    const Quotients q = quotients(response, probes, d.output, Side::both);
    const double noise = d.rounding * d.step / ladder_amplification;
    for (int k = 0; k + 1 < q.size(); ++k) {
      const std::size_t rung = static_cast<std::size_t>(q.rung[k + 1]);
      const Pair pair = pair_at(q, k);
      const Derivative four = estimate(pair, std::max(noise, pair.noise()));
      // Steps beyond what the function does there may promise much, of another value.
      const double off = std::max(four.bound(), std::abs(four.value - d.value));
      promise[rung] += std::log(off / std::abs(d.value));
      counted[rung] += 1;
    }
    const double least = std::numeric_limits<double>::min();
    roundings.push_back(noise / std::max(response.rounding_unit(d.output), least));
  }
  Pilot pilot;
  if (roundings.empty()) {
    return pilot;
  }
  pilot.roundings = std::max(least_roundings, median(roundings));
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < promise.size(); ++k) {
    if (counted[k] == static_cast<double>(roundings.size()) && promise[k] < best) {
      best = promise[k];
      pilot.step = probes.steps[k];
    }
  }
  pilot.known = pilot.step > 0;
  return pilot;
}

NeighbourDerivatives neighbour_derivatives(Response& response, const Pilot& pilot,
                                           const DifferentiationOptions& options) {
  Neighbour neighbour(response, pilot, options);
  double step = pilot.step;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    neighbour.probe(step);
    const Derivative* worst = neighbour.worst();
    if (worst == nullptr) {
      break;
    }
    const double better = std::clamp(better_step(*worst, 2 * worst->step), 2 * response.quantum(),
                                     options.farthest * response.characteristic_scale());
    if (better == step) {
      break;
    }
    step = better;
  }
  return neighbour.result();
}

}  // namespace gradcheck
