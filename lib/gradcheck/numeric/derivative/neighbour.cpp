#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

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

/// Estimates of the outputs that moved, the sharpest of all steps tried.
class Neighbour {
 public:
  Neighbour(Response& response, const Pilot& pilot, const DifferentiationOptions& options)
      : response_(response), pilot_(pilot), options_(options) {}

  /// Four probes. False where these cannot do: at a kink, beside a refusal, or if they contradict
  /// those of another step.
  bool probe(double step) {
    const LadderProbes probes = probe_steps(response_, {step / 2, step});
    const std::vector<bool> moves = moved(response_, probes);
    for (std::size_t output = 0; output < moves.size(); ++output) {
      if (moves[output] && !add(output, quotients(response_, probes, output, Side::both))) {
        return false;
      }
    }
    return true;
  }

  /// The output whose bound is farthest from what is asked of it: sharp in relation to itself, or
  /// to a share of the largest derivative by the same entry. Null if all are.
  const Derivative* worst() const {
    std::map<std::size_t, double> largest;
    for (const auto& [output, d] : found_) {
      double& of_entry = largest[response_.entry(output)];
      of_entry = std::max(of_entry, std::abs(d.value));
    }
    const Derivative* worst = nullptr;
    double excess = 1;
    for (const auto& [output, d] : found_) {
      const double size =
          std::max(std::abs(d.value), options_.negligible * largest[response_.entry(output)]);
      if (d.bound() > excess * options_.agreement * size) {
        excess = d.bound() / (options_.agreement * size);
        worst = &d;
      }
    }
    return worst;
  }

  std::vector<Derivative> found() const {
    std::vector<Derivative> result;
    for (const auto& [output, d] : found_) {
      result.push_back(d);
    }
    return result;
  }

 private:
  bool add(std::size_t output, const Quotients& q) {
    if (q.size() < 2) {
      return false;
    }
    const double noise = std::max(pilot_.roundings * q.unit[0], noise_of_table(q, 0));
    Derivative d = from_pair(q, 0, noise);
    d.output = output;
    const auto [place, added] = found_.try_emplace(output, d);
    const Derivative before = place->second;
    if (d.bound() < before.bound()) {
      place->second = d;
    }
    return !is_corner(q, 0, noise, options_) &&
           std::abs(d.value - before.value) <= d.bound() + before.bound();
  }

  Response& response_;
  const Pilot& pilot_;
  const DifferentiationOptions& options_;
  std::map<std::size_t, Derivative> found_;
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
  Neighbour neighbour(response, pilot, options);
  double step = pilot.step;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    if (!neighbour.probe(step)) {
      return std::nullopt;
    }
    const Derivative* worst = neighbour.worst();
    if (worst == nullptr) {
      return neighbour.found();
    }
    const double better = std::clamp(better_step(*worst, 2 * worst->step), 2 * response.quantum(),
                                     options.farthest * response.characteristic_scale());
    if (better == step) {
      break;
    }
    step = better;
  }
  return std::nullopt;
}

}  // namespace gradcheck
