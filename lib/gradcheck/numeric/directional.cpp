#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/directional.hpp>
#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/sizes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Units of rounding that a layer's output may be off: several operations, each by half a unit.
constexpr long double units = 4;
/// How much the steps shrink, and how often.
constexpr long double shrink = 0x1p-3L;
constexpr int most_attempts = 20;
/// Nothing nearer is wanted where the bound is this small a part of the largest slope.
constexpr long double sharp = 0x1p-52L;
/// Displacements, in sizes of the inputs, that show whether an output depends on them at all; and
/// beyond these, where a large output absorbs what is small beside it.
constexpr long double far_away = 1.5L;
constexpr long double beyond = 0x1p40L;
constexpr std::size_t patterns = 3;
/// Quotients that differ by more than this part of the largest slope have not converged.
constexpr long double loose = 0.01L;
/// Quotients at two scales are the same if this part of them is; rounding must leave as much.
constexpr long double same = 0x1p-12L;
/// Entries much smaller than is typical of their tensor are tried on their own scale as well.
constexpr long double nearer = 0x1p-3L;

long double epsilon_of(const Forward& layer) {
  if (layer.precision() == Precision::float64 && !layer.in_long_double()) {
    return machine_epsilon<double>();
  }
  return layer.precision() == Precision::float32 ? 0x1p-23L : machine_epsilon<long double>();
}

bool finite(const Tensors<long double>& tensors) {
  return std::ranges::all_of(tensors, [](const LongTensor& t) {
    return std::ranges::all_of(entries(t), [](long double x) { return std::isfinite(x); });
  });
}

/// The outputs at x + s t; nothing if they are refused.
std::optional<Tensors<long double>> anywhere(const Line& line, long double s) {
  std::vector<LongTensor> moved(line.x.size());
  std::vector<const LongTensor*> x = line.x;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (line.t[slot] != nullptr) {
      moved[slot] = *x[slot];
      for (std::size_t i = 0; i < moved[slot].size(); ++i) {
        moved[slot].data()[i] += s * line.t[slot]->data()[i];
      }
      x[slot] = &moved[slot];
    }
  }
  try {
    return forward_held(line.layer, line.held, Inputs<long double>(x));
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The same; nothing if they are not finite either.
std::optional<Tensors<long double>> at(const Line& line, long double s) {
  std::optional<Tensors<long double>> y = anywhere(line, s);
  return y && finite(*y) ? std::move(y) : std::nullopt;
}

/// The largest step, up to `fraction` of its size, that no input finds too large.
long double first_step(const Line& line, long double fraction, long double scale) {
  long double step = 0;
  for (std::size_t slot = 0; slot < line.x.size(); ++slot) {
    const long double speed = line.t[slot] == nullptr ? 0 : largest(*line.t[slot]);
    if (speed == 0) {
      continue;
    }
    const long double size = typical(*line.x[slot]);
    const long double own = fraction * (size > 0 ? size / speed : scale);
    step = step == 0 ? own : std::min(step, own);
  }
  return step;
}

/// The largest step that moves no entry by more than `fraction` of its own size.
long double own_step(const Line& line, long double fraction) {
  long double step = std::numeric_limits<long double>::infinity();
  for (std::size_t slot = 0; slot < line.x.size(); ++slot) {
    for (std::size_t i = 0; line.t[slot] != nullptr && i < line.x[slot]->size(); ++i) {
      const long double x = std::abs(line.x[slot]->data()[i]), t = line.t[slot]->data()[i];
      step = x > 0 && t != 0 ? std::min(step, fraction * x / std::abs(t)) : step;
    }
  }
  return step;
}

/// One layer at ± one step.
struct Pair {
  long double step = 0;
  Tensors<long double> above, below;

  Quotient quotient(std::size_t output, std::size_t i, long double epsilon) const {
    const long double high = above[output].data()[i], low = below[output].data()[i];
    const long double size = std::max(std::abs(high), std::abs(low));
    return {step, (high - low) / (2 * step), units * epsilon * size / step};
  }
};

std::optional<Pair> pair_at(const Line& line, long double step, int& evaluations) {
  std::optional<Tensors<long double>> above = at(line, step);
  std::optional<Tensors<long double>> below = above ? at(line, -step) : std::nullopt;
  evaluations += 2;
  return below ? std::optional(Pair{step, std::move(*above), std::move(*below)}) : std::nullopt;
}

/// Where all quotients are the same to within rounding, the largest step serves best.
std::optional<Estimate> constant_slope(const std::vector<Quotient>& quotients) {
  const Quotient& far = quotients[0];
  for (const Quotient& near : quotients) {
    if (std::abs(far.slope - near.slope) > far.rounding + near.rounding) {
      return std::nullopt;
    }
  }
  return Estimate{far.slope, 0, far.rounding + std::abs(far.slope - quotients.back().slope)};
}

/// How good an attempt is, over all entries that move or, if none does, over all.
struct Quality {
  long double truncation = 0;
  long double rounding = 0;
  long double value = 0;

  void add(const Estimate& slope) {
    if (slope.value != 0 && value == 0) {
      rounding = 0;
    }
    if (slope.value != 0 || value == 0) {
      truncation = std::max(truncation, slope.truncation);
      rounding = std::max(rounding, slope.rounding);
      value = std::max(value, std::abs(slope.value));
    }
  }
  long double relative() const { return (truncation + rounding) / std::max(value, rounding); }
  bool rounded() const { return truncation <= rounding; }
  bool converged() const { return rounded() || truncation <= loose * value; }
};

class Attempt {
 public:
  Attempt(const Line& line, int& evaluations) : line_(line), evaluations_(evaluations) {}

  /// False where no finite values are to be had at these steps.
  bool run(long double step) {
    pairs_.clear();
    const bool affine = add(step) && add(step / 2) && estimate(true);
    return affine || (pairs_.size() == 2 && add(step / 4) && add(step / 8) && estimate(false));
  }
  const Quality& quality() const { return quality_; }
  std::vector<std::vector<Estimate>>& slopes() { return slopes_; }
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  bool add(long double step) {
    std::optional<Pair> pair = pair_at(line_, step, evaluations_);
    if (pair) {
      pairs_.push_back(std::move(*pair));
    }
    return pair.has_value();
  }

  /// Fills in the slopes; with `constant`, only if every one is the same at all steps.
  bool estimate(bool constant) {
    slopes_.clear();
    quality_ = {};
    const long double epsilon = epsilon_of(line_.layer);
    for (std::size_t output = 0; output < pairs_[0].above.size(); ++output) {
      std::vector<Estimate>& row = slopes_.emplace_back();
      for (std::size_t i = 0; i < pairs_[0].above[output].size(); ++i) {
        std::vector<Quotient> quotients;
        for (const Pair& pair : pairs_) {
          quotients.push_back(pair.quotient(output, i, epsilon));
        }
        const std::optional<Estimate> steady = constant_slope(quotients);
        if (constant && !steady) {
          return false;
        }
        row.push_back(steady ? *steady : extrapolate(quotients, 2));
        quality_.add(row.back());
      }
    }
    return true;
  }

  const Line& line_;
  int& evaluations_;
  std::vector<Pair> pairs_;
  std::vector<std::vector<Estimate>> slopes_;
  Quality quality_;
};

/// The same entries of t, all as large as the largest, with other signs for each pattern: what
/// moves a group of outputs together in one of them does not in another.
std::vector<LongTensor> evened(const Line& line, std::size_t pattern) {
  const long double size = speed(line);
  std::vector<LongTensor> all(line.t.size());
  std::size_t count = 0;
  for (std::size_t slot = 0; slot < all.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    all[slot] = *line.t[slot];
    for (long double& t : entries(all[slot])) {
      count += t == 0 ? 0 : 1;
      const bool up = ((count >> pattern) & 1U) != 0;
      t = t == 0 ? 0 : up ? size : -size;
    }
  }
  return all;
}

/// The outputs at displacements that move whatever depends on the inputs, as far as the layer
/// accepts them; `size` is the displacement of the inputs' own size.
std::vector<Tensors<long double>> far_from(const Line& line, long double size,
                                           long double largest_output) {
  const long double out_of_sight = beyond * std::max(size, largest_output / speed(line));
  std::vector<Tensors<long double>> there;
  for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
    const std::vector<LongTensor> directions = evened(line, pattern);
    Line all{line.layer, line.held, line.x, line.t};
    for (std::size_t slot = 0; slot < all.t.size(); ++slot) {
      all.t[slot] = all.t[slot] == nullptr ? nullptr : &directions[slot];
    }
    for (const long double away : {pattern == 0 ? far_away * size : out_of_sight,
                                   pattern == 0 ? -far_away * size : -out_of_sight}) {
      std::optional<Tensors<long double>> y = anywhere(all, away);
      if (y) {
        there.push_back(std::move(*y));
      }
    }
  }
  return there;
}

/// Clears the rounding of what does not depend on the inputs that move; `size` is the displacement
/// of their own size.
void clear_independent(const Line& line, long double size, Directional& result) {
  const Tensors<long double> here =
      forward_held(line.layer, line.held, Inputs<long double>(line.x));
  long double largest_output = 0;
  for (const LongTensor& y : here) {
    largest_output = std::max(largest_output, largest(y));
  }
  const std::vector<Tensors<long double>> there = far_from(line, size, largest_output);
  result.evaluations += static_cast<int>(there.size());
  for (std::size_t output = 0; output < result.slopes.size(); ++output) {
    for (std::size_t i = 0; i < result.slopes[output].size(); ++i) {
      Estimate& slope = result.slopes[output][i];
      const bool depends = slope.value != 0 || there.size() < 2 * patterns ||
                           std::ranges::any_of(there, [&](const Tensors<long double>& y) {
                             return !(y[output].data()[i] == here[output].data()[i]);
                           });
      slope = depends ? slope : Estimate{};
    }
  }
}

bool any_still(const std::vector<std::vector<Estimate>>& slopes) {
  return std::ranges::any_of(slopes, [](const std::vector<Estimate>& row) {
    return std::ranges::any_of(row, [](const Estimate& e) { return e.value == 0; });
  });
}

std::vector<LongTensor> slips(const Line& line, long double step) {
  std::vector<LongTensor> all(line.x.size());
  for (std::size_t slot = 0; slot < line.x.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    all[slot] = *line.t[slot];
    for (std::size_t i = 0; i < all[slot].size(); ++i) {
      const long double x = line.x[slot]->data()[i], t = line.t[slot]->data()[i];
      const long double right = x + step * t, left = x - step * t;
      all[slot].data()[i] = (right - left) / (2 * step) - t;
    }
  }
  return all;
}

/// The best attempt at steps from `first` on; without slopes where there is none.
Directional best_attempt(const Line& line, long double first, int& evaluations) {
  Directional best;
  Quality quality;
  for (int k = 0; k < most_attempts; ++k) {
    Attempt attempt(line, evaluations);
    if (!attempt.run(first * std::pow(shrink, k))) {
      continue;
    }
    const Quality now = attempt.quality();
    if (best.slopes.empty() || now.relative() < quality.relative()) {
      quality = now;
      best.slopes = std::move(attempt.slopes());
      best.step = attempt.pairs().front().step;
      best.slip = slips(line, attempt.pairs().back().step);
    }
    if (now.rounded() || now.relative() <= sharp) {
      break;
    }
  }
  best.converged = quality.converged();
  return best;
}

/// Whether the layer is affine as far as ± step reaches: then rounding may hide what is near.
bool affine(const Line& line, long double step, int& evaluations) {
  const std::optional<Pair> pair = pair_at(line, step, evaluations);
  const std::optional<Tensors<long double>> here = at(line, 0);
  ++evaluations;
  for (std::size_t output = 0; pair && here && output < here->size(); ++output) {
    for (std::size_t i = 0; i < (*here)[output].size(); ++i) {
      const Quotient quotient = pair->quotient(output, i, epsilon_of(line.layer));
      const long double bend = pair->above[output].data()[i] + pair->below[output].data()[i] -
                               2 * (*here)[output].data()[i];
      if (std::abs(bend) > 2 * step * quotient.rounding) {
        return false;
      }
    }
  }
  return pair && here;
}

/// The smallest step at which rounding takes at most this share of every slope that counts.
long double visible_step(const Directional& found, long double share) {
  long double largest_slope = 0, step = 0;
  for (const std::vector<Estimate>& row : found.slopes) {
    for (const Estimate& slope : row) {
      largest_slope = std::max(largest_slope, std::abs(slope.value));
    }
  }
  for (const std::vector<Estimate>& row : found.slopes) {
    for (const Estimate& slope : row) {
      if (std::abs(slope.value) > loose * largest_slope) {
        step = std::max(step, found.step * slope.rounding / (share * std::abs(slope.value)));
      }
    }
  }
  return step;
}

/// Whether a quotient at another step fits, within what both may err.
bool fits(const Line& line, const Directional& found, long double step, int& evaluations) {
  const std::optional<Pair> pair = pair_at(line, step, evaluations);
  for (std::size_t output = 0; pair && output < found.slopes.size(); ++output) {
    for (std::size_t i = 0; i < found.slopes[output].size(); ++i) {
      const Quotient near = pair->quotient(output, i, epsilon_of(line.layer));
      const Estimate& slope = found.slopes[output][i];
      if (std::abs(near.slope - slope.value) >
          2 * (near.rounding + slope.bound()) + same * std::abs(slope.value)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::optional<Directional> differentiate_along(const Line& line, long double fraction,
                                               long double scale) {
  const long double first = first_step(line, fraction, scale);
  if (!std::isfinite(first) || !(first > 0)) {
    return std::nullopt;
  }
  int evaluations = 0;
  Directional best = best_attempt(line, first, evaluations);
  const long double own = own_step(line, fraction);
  const long double near = std::max(own, visible_step(best, same));
  if (!best.slopes.empty() && near < nearer * best.step && !fits(line, best, near, evaluations)) {
    best = best_attempt(line, near, evaluations);
  }
  if (!best.slopes.empty() && fraction * visible_step(best, loose) > own &&
      !affine(line, best.step, evaluations)) {
    best.converged = false;
  }
  if (best.slopes.empty()) {
    return std::nullopt;
  }
  best.evaluations = evaluations;
  if (any_still(best.slopes)) {
    clear_independent(line, first / fraction, best);
  }
  return best;
}

std::optional<std::vector<std::vector<Quotient>>> slope_along(const Line& line,
                                                              long double fraction,
                                                              long double scale,
                                                              long double largest) {
  int evaluations = 0;
  const long double step = std::min(largest, first_step(line, fraction, scale));
  const std::optional<Pair> pair = pair_at(line, step, evaluations);
  if (!pair) {
    return std::nullopt;
  }
  std::vector<std::vector<Quotient>> slopes(pair->above.size());
  for (std::size_t output = 0; output < slopes.size(); ++output) {
    for (std::size_t i = 0; i < pair->above[output].size(); ++i) {
      slopes[output].push_back(pair->quotient(output, i, epsilon_of(line.layer)));
    }
  }
  return slopes;
}

long double speed(const Line& line) {
  long double result = 0;
  for (const LongTensor* t : line.t) {
    result = t == nullptr ? result : std::max(result, largest(*t));
  }
  return result;
}

}  // namespace gradcheck
