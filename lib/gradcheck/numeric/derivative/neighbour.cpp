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
/// The fourth difference of noise of size 1 has the size √70.
const double fourth_difference = std::sqrt(70.0);

/// The estimate of two central quotients, at steps k and k + 1. NUMERICS.md (7).
Derivative from_pair(const Quotients& q, int k, double noise) {
  Derivative d;
  const double change = (q.value[k] - q.value[k + 1]) / 3;
  d.value = q.value[k] + change;
  d.truncation = std::abs(change);
  d.rounding = pair_amplification * noise / q.step[k];
  d.step = q.step[k];
  d.seen = q.unchanged[k] && q.unchanged[k + 1] ? Seen::constant : Seen::smooth;
  return d;
}

/// The noise that the five values at −h to h show: their fourth difference.
double noise_of_table(const Quotients& q, int k) {
  // y(h) − 4 y(h/2) + 6 y(0) − 4 y(−h/2) + y(−h), from second differences per step.
  const double far = q.second[k + 1] * q.step[k + 1], near = q.second[k] * q.step[k];
  return std::abs(far - 4 * near) / fourth_difference;
}

bool is_corner(const Quotients& q, int k, double noise, const DifferentiationOptions& options) {
  const double near = std::abs(q.second[k]);
  return near > 4 * noise / q.step[k] && near > options.corner_ratio * std::abs(q.second[k + 1]);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The outputs at one step: what four probes say, and whether that fits.
struct Neighbour {
  std::vector<Derivative> found;
  bool fits = true;
  double rounding = 0, truncation = 0;  ///< of the output with the worst relative bound
};

/// The sharpest that is asked of an output: of itself, or of a share of the largest derivative.
void judge_fit(Neighbour& n, const DifferentiationOptions& options) {
  double largest = 0;
  for (const Derivative& d : n.found) {
    largest = std::max(largest, std::abs(d.value));
  }
  double worst = 0;
  for (const Derivative& d : n.found) {
    const double size = std::max(std::abs(d.value), options.negligible * largest);
    const double relative = d.bound() / size;
    if (relative > worst) {
      worst = relative;
      n.rounding = d.rounding;
      n.truncation = d.truncation;
    }
  }
  n.fits = n.fits && worst <= options.agreement;
}

Neighbour probe_neighbour(Response& response, const Pilot& pilot, double step,
                          const DifferentiationOptions& options) {
  const LadderProbes probes = probe_steps(response, {step / 2, step});
  const std::vector<bool> moves = moved(response, probes);
  Neighbour result;
  for (std::size_t output = 0; output < moves.size(); ++output) {
    if (!moves[output]) {
      continue;
    }
    const Quotients q = quotients(response, probes, output, Side::both);
    if (q.size() < 2) {
      result.fits = false;
      continue;
    }
    const double noise = std::max(pilot.roundings * q.unit[0], noise_of_table(q, 0));
    result.fits = result.fits && !is_corner(q, 0, noise, options);
    result.found.push_back(from_pair(q, 0, noise));
    result.found.back().output = output;
  }
  judge_fit(result, options);
  return result;
}

}  // namespace

Pilot pilot_from(const Response& response, const LadderProbes& probes,
                 const std::vector<Derivative>& found, const DifferentiationOptions& options) {
  std::vector<double> roundings;
  std::vector<double> promise(probes.steps.size()), counted(probes.steps.size());
  for (const Derivative& d : found) {
    if (d.seen != Seen::smooth || d.bound() > options.resolution * std::abs(d.value)) {
      continue;
    }
    const Quotients q = quotients(response, probes, d.output, Side::both);
    const double noise = d.rounding * d.step / ladder_amplification;
    for (int k = 0; k + 1 < q.size(); ++k) {
      const std::size_t rung = static_cast<std::size_t>(q.rung[k + 1]);
      const double noise_there = std::max(noise, noise_of_table(q, k));
      promise[rung] += std::log(from_pair(q, k, noise_there).bound() / std::abs(d.value));
      counted[rung] += 1;
    }
    const double unit =
        std::max(response.rounding_unit(d.output), std::numeric_limits<double>::min());
    roundings.push_back(noise / unit);
  }
  Pilot pilot;
  if (roundings.empty()) {
    return pilot;
  }
  pilot.known = true;
  pilot.roundings = std::max(1.0, median(roundings));
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

std::optional<std::vector<Derivative>> neighbour_derivative(Response& response, const Pilot& pilot,
                                                            const DifferentiationOptions& options) {
  double step = pilot.step;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    Neighbour n = probe_neighbour(response, pilot, step, options);
    if (n.fits) {
      return std::move(n.found);
    }
    if (!(n.rounding > 0) || !(n.truncation > 0)) {
      break;
    }
    // Where h² and 1/h meet. A power of two, so that the displacement is exact.
    const double factor = std::exp2(std::round(std::log2(n.rounding / n.truncation) / 3));
    if (factor == 1) {
      break;
    }
    step = std::clamp(step * factor, response.quantum(),
                      options.farthest * response.characteristic_scale());
  }
  return std::nullopt;
}

}  // namespace gradcheck
