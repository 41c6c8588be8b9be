#include <algorithm>
#include <cmath>
#include <utility>

#include <gradcheck/numeric/derivative/standing.hpp>

namespace gradcheck {

namespace {

/// By how many times both bounds a nearer plateau must contradict a sharper one: the noise of all
/// its smaller steps would have to be 2 · miss^(−1/m) times smaller than its own, of which the
/// chance is miss · 2^−m.
constexpr double decisive = 2;

/// In relation to its value; if none is resolved, the one of the smallest bound.
const Plateau* sharpest(const std::vector<const Plateau*>& all,
                        const DifferentiationOptions& options) {
  const auto relative = [&](const Plateau& p) {
    return p.bound() <= options.resolution * std::abs(p.value) ? p.bound() / std::abs(p.value) : 1;
  };
  const auto sharper = [&](const Plateau* p, const Plateau* q) {
    return std::pair(relative(*p), p->bound()) < std::pair(relative(*q), q->bound());
  };
  const auto best = std::min_element(all.begin(), all.end(), sharper);
  return best == all.end() ? nullptr : *best;
}

/// Those that reach beyond the arguments that cannot be told apart, if any of them is sharp in
/// comparison with the largest value; else all.
std::vector<const Plateau*> reaching(const std::vector<Plateau>& all, double least_reach,
                                     const DifferentiationOptions& options) {
  std::vector<const Plateau*> everything, far;
  double largest = 0;
  for (const Plateau& p : all) {
    everything.push_back(&p);
    largest = std::max(largest, std::abs(p.value));
    if (p.farthest > least_reach) {
      far.push_back(&p);
    }
  }
  const bool enough = std::any_of(far.begin(), far.end(), [&](const Plateau* p) {
    return p->bound() <= options.agreement * largest;
  });
  return enough ? far : everything;
}

}  // namespace

bool contradict(const Plateau& a, const Plateau& b, double times) {
  return std::abs(a.value - b.value) > times * (a.bound() + b.bound());
}

const Plateau* standing(const std::vector<Plateau>& all, double least_reach,
                        const DifferentiationOptions& options) {
  const std::vector<const Plateau*> candidates = reaching(all, least_reach, options);
  const Plateau* best = sharpest(candidates, options);
  for (const Plateau* near : candidates) {
    const double size = std::max(std::abs(near->value), std::abs(best->value));
    if (near->step < best->step && contradict(*near, *best) &&
        near->bound() <= options.agreement * size) {
      return near;
    }
  }
  return best;
}

std::vector<Plateau> alternatives(const std::vector<Plateau>& all, const Plateau& standing,
                                  double unchanged_up_to, const DifferentiationOptions& options) {
  std::vector<Plateau> result;
  for (const Plateau& p : all) {
    const bool sharp = p.bound() <= options.agreement * std::abs(p.value);
    const bool nearer = p.step < standing.step && p.step > unchanged_up_to;
    if ((sharp && contradict(p, standing)) || (nearer && contradict(p, standing, decisive))) {
      result.push_back(p);
    }
  }
  return result;
}

}  // namespace gradcheck
