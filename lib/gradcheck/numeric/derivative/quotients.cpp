#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include <gradcheck/numeric/derivative/quotients.hpp>

namespace gradcheck {

namespace {

/// Steps whose displacements, as made, are nearer to each other than this tell nothing new.
constexpr double least_growth = 1.25;

/// One output at one displacement.
struct Sample {
  bool usable = false;
  double displacement = 0;
  double y = 0;
};

Sample sample(const Probe& probe, std::size_t output, double sign) {
  if (!probe.usable) {
    return {};
  }
  const Sample s{true, probe.made_for(output), probe.y[output]};
  return sign * s.displacement > 0 && std::isfinite(s.y) ? s : Sample{};
}

void add_central(Quotients& q, const Sample& above, const Sample& below, double y, double unit) {
  const double a = above.displacement, b = -below.displacement;
  const double right = (above.y - y) / a, left = (y - below.y) / b;
  q.step.push_back((a + b) / 2);
  // Exact for parabolas where a and b differ; the central quotient where they are equal.
  q.value.push_back(a == b ? (above.y - below.y) / (a + b) : (right * b + left * a) / (a + b));
  q.second.push_back(right - left);
  q.unit.push_back(unit);
  q.unchanged.push_back(above.y == y && below.y == y);
}

void add_one_sided(Quotients& q, const Sample& at, double y, double unit) {
  q.step.push_back(std::abs(at.displacement));
  q.value.push_back((at.y - y) / at.displacement);
  q.unit.push_back(unit);
  q.unchanged.push_back(at.y == y);
}

bool grown(const Quotients& q, double step) {
  return q.step.empty() || step >= least_growth * q.step.back();
}

}  // namespace

LadderProbes probe_steps(Response& response, std::vector<double> steps) {
  LadderProbes probes{std::move(steps), {}, {}};
  const std::size_t count = probes.steps.size();
  std::vector<double> displacements = probes.steps;
  for (const double h : probes.steps) {
    displacements.push_back(-h);
  }
  probes.above = response.evaluate(displacements);
  const auto middle = probes.above.begin() + static_cast<std::ptrdiff_t>(count);
  probes.below.assign(std::make_move_iterator(middle), std::make_move_iterator(probes.above.end()));
  probes.above.resize(count);
  return probes;
}

LadderProbes probe_ladder(Response& response, double factor,
                          const DifferentiationOptions& options) {
  const double farthest = options.farthest * response.characteristic_scale();
  if (!(farthest > 0) || !std::isfinite(farthest)) {
    return {};
  }
  const double top = factor * std::exp2(std::floor(std::log2(farthest)));
  const double least = std::max(response.quantum(), std::numeric_limits<double>::denorm_min());
  std::vector<double> steps;
  for (double h = top; h >= least && static_cast<int>(steps.size()) < options.octaves; h /= 2) {
    steps.push_back(h);
  }
  std::reverse(steps.begin(), steps.end());
  return probe_steps(response, std::move(steps));
}

void probe_farther(Response& response, LadderProbes& probes, int octaves) {
  std::vector<double> steps;
  for (int i = 1; i <= octaves; ++i) {
    steps.push_back(std::ldexp(probes.steps.back(), i));
  }
  LadderProbes more = probe_steps(response, std::move(steps));
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(probes.steps, more.steps);
  append(probes.above, more.above);
  append(probes.below, more.below);
}

Quotients quotients(const Response& response, const LadderProbes& probes, std::size_t output,
                    Side side) {
  Quotients q;
  q.ratio = side == Side::both ? 4 : 2;
  const double y = response.base()[output];
  for (std::size_t k = 0; k < probes.above.size(); ++k) {
    const Sample above = side == Side::left ? Sample{} : sample(probes.above[k], output, 1);
    const Sample below = side == Side::right ? Sample{} : sample(probes.below[k], output, -1);
    const double size =
        std::max(above.usable ? std::abs(above.y) : 0, below.usable ? std::abs(below.y) : 0);
    const double unit = std::max(response.rounding_unit(output), response.unit_roundoff() * size);
    if (above.usable && below.usable && grown(q, (above.displacement - below.displacement) / 2)) {
      add_central(q, above, below, y, unit);
      q.rung.push_back(static_cast<int>(k));
    } else if (side == Side::right && above.usable && grown(q, above.displacement)) {
      add_one_sided(q, above, y, unit);
      q.rung.push_back(static_cast<int>(k));
    } else if (side == Side::left && below.usable && grown(q, -below.displacement)) {
      add_one_sided(q, below, y, unit);
      q.rung.push_back(static_cast<int>(k));
    }
  }
  return q;
}

std::vector<std::size_t> moved(const Response& response, const LadderProbes& probes) {
  const std::span<const double> base = response.base();
  std::vector<unsigned char> moves(base.size());
  for (const auto* side : {&probes.above, &probes.below}) {
    for (const Probe& probe : *side) {
      for (std::size_t i = 0; probe.usable && i < base.size(); ++i) {
        moves[i] |= probe.y[i] != base[i];
      }
    }
  }
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    if (moves[i] != 0) {
      result.push_back(i);
    }
  }
  return result;
}

}  // namespace gradcheck
