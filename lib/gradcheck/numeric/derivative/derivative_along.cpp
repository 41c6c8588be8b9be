#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/derivative/derivative_along.hpp>

namespace gradcheck {

namespace {

/// How much steps shrink where values are not finite, and how often.
constexpr long double retreat = 0x1p-3L;
constexpr int most_retreats = 12;
/// By how much what is seen from near must exceed rounding, and what is seen from far, to count.
constexpr long double visible_factor = 2;

/// The first pair at this step or, where values are not finite, at smaller ones.
std::optional<Pair> accepted_pair(const Line& line, long double step, int& evaluations) {
  std::optional<Pair> pair = pair_at(line, step, evaluations);
  for (int k = 0; k < most_retreats && !pair; ++k) {
    step *= retreat;
    pair = pair_at(line, step, evaluations);
  }
  return pair;
}

/// Of t, what moves an entry by more than its own size at this step; whether there is anything.
bool take_far_moved(const Line& line, long double step, std::vector<LongTensor>& far) {
  bool any = false;
  for (std::size_t slot = 0; slot < line.t.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    far[slot] = *line.t[slot];
    for (std::size_t i = 0; i < far[slot].size(); ++i) {
      const long double size = std::abs(line.x[slot]->data()[i]);
      long double& t = far[slot].data()[i];
      t = size > 0 && step * std::abs(t) > size ? t : 0;
      any = any || t != 0;
    }
  }
  return any;
}

/// Adds what is seen of derivatives only from near: so plainly that it is no rounding, and larger.
void add_plainer(const Pair& near, std::vector<std::vector<Quotient>>& derivatives) {
  for (std::size_t output = 0; output < derivatives.size(); ++output) {
    for (std::size_t i = 0; i < derivatives[output].size(); ++i) {
      const Quotient seen = near.quotient(output, i);
      Quotient& derivative = derivatives[output][i];
      if (std::abs(seen.derivative) >
          visible_factor * std::max(seen.rounding, std::abs(derivative.derivative))) {
        derivative.derivative += seen.derivative;
      }
    }
  }
}

}  // namespace

std::optional<std::vector<std::vector<Quotient>>> derivative_along(
    const Line& line, long double step, long double fraction, long double scale, int& evaluations) {
  const std::optional<Pair> pair =
      accepted_pair(line, std::min(step, line.typical_step(fraction, scale)), evaluations);
  if (!pair) {
    return std::nullopt;
  }
  std::vector<std::vector<Quotient>> derivatives = pair->quotients();
  std::vector<LongTensor> far(line.t.size());
  if (take_far_moved(line, pair->step, far)) {
    Line own{line.layer, line.active, line.x, line.t};
    for (std::size_t slot = 0; slot < far.size(); ++slot) {
      own.t[slot] = line.t[slot] == nullptr ? nullptr : &far[slot];
    }
    if (const std::optional<Pair> near = accepted_pair(own, own.own_step(fraction), evaluations)) {
      add_plainer(*near, derivatives);
    }
  }
  return derivatives;
}

}  // namespace gradcheck
