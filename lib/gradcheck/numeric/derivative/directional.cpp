#include <algorithm>
#include <cmath>
#include <deque>

#include <gradcheck/numeric/derivative/directional.hpp>
#include <gradcheck/numeric/derivative/independence.hpp>
#include <gradcheck/numeric/point/sizes.hpp>

namespace gradcheck {

namespace {

/// Steps at most; how much each is smaller than the one before, and where values are not finite.
/// Were it a half, all steps could be multiples of a period of the layer, and none would see it.
constexpr int most_steps = 70;
constexpr long double shrink = 0.53L;
constexpr long double retreat = 0x1p-3L;
/// How many of the last steps are extrapolated, and how many at least unless the quotients are the
/// same at all of them.
constexpr std::size_t window = 6;
constexpr std::size_t least = 4;
/// Nothing nearer is wanted where the bound is this small a part of the largest derivative.
constexpr long double sharp = 0x1p-57L;
/// Quotients that differ by more than this part of the largest derivative have not converged.
constexpr long double loose = 0.01L;
/// From too far away, anything may be seen: what is seen from nearer takes its place if it differs
/// by more than so many bounds. Less may be noise that comes with the inputs.
constexpr long double beyond_noise = 16;
/// Quotients at two scales are the same if this part of them is; rounding must leave as much.
constexpr long double same = 0x1p-12L;
/// Entries much smaller than is typical of their tensor are tried on their own scale as well.
constexpr long double nearer = 0x1p-3L;

/// Where all quotients are the same to within rounding, the largest step serves best.
std::optional<Estimate> constant_derivative(const std::vector<Quotient>& quotients) {
  const Quotient& far = quotients[0];
  for (const Quotient& near : quotients) {
    if (std::abs(far.derivative - near.derivative) > far.rounding + near.rounding) {
      return std::nullopt;
    }
  }
  return Estimate{far.derivative, 0,
                  far.rounding + std::abs(far.derivative - quotients.back().derivative)};
}

/// How good derivatives are, over all entries that move or, if none does, over all.
struct Quality {
  long double truncation = 0;
  long double rounding = 0;
  long double value = 0;
  long double slip = 0;  ///< how far rounding x ± h t has moved t, relative to it

  void add(const Estimate& derivative) {
    if (derivative.value != 0 && value == 0) {
      rounding = 0;
    }
    if (derivative.value != 0 || value == 0) {
      truncation = std::max(truncation, derivative.truncation);
      rounding = std::max(rounding, derivative.rounding);
      value = std::max(value, std::abs(derivative.value));
    }
  }
  long double relative() const {
    return (truncation + rounding) / std::max(value, rounding) + slip;
  }
  bool rounded() const { return truncation <= rounding + slip * value; }
  bool converged() const { return rounded() || truncation <= loose * value; }
};

/// How far rounding x ± h t moves t, the largest over these steps (at one of them it may happen to
/// be nothing), and twice that, since extrapolation adds up what is at several of them.
std::vector<LongTensor> slips(const Line& line, const std::deque<Pair>& pairs) {
  std::vector<LongTensor> all(line.x.size());
  for (std::size_t slot = 0; slot < line.x.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    all[slot] = zeros<long double>(shape_of(*line.t[slot]));
    for (const Pair& pair : pairs) {
      for (std::size_t i = 0; i < all[slot].size(); ++i) {
        const long double x = line.x[slot]->data()[i], t = line.t[slot]->data()[i];
        const long double right = x + pair.step * t, left = x - pair.step * t;
        const long double slip = 2 * std::abs((right - left) / (2 * pair.step) - t);
        all[slot].data()[i] = std::max(all[slot].data()[i], slip);
      }
    }
  }
  return all;
}

long double relative_slip(const Line& line, const std::vector<LongTensor>& slip) {
  long double result = 0;
  for (std::size_t slot = 0; slot < slip.size(); ++slot) {
    if (line.t[slot] != nullptr && largest(*line.t[slot]) > 0) {
      result = std::max(result, largest(slip[slot]) / largest(*line.t[slot]));
    }
  }
  return result;
}

/// Comes nearer step by step, and remembers what was seen best.
class Descent {
 public:
  Descent(const Line& line, int& evaluations) : line_(line), evaluations_(evaluations) {}

  /// The best derivatives at steps from `first` on; none where no values are finite.
  Directional run(long double first) {
    long double step = first;
    for (int k = 0; k < most_steps; ++k) {
      std::optional<Pair> pair = pair_at(line_, step, evaluations_);
      step *= pair ? shrink : retreat;
      if (!pair) {
        pairs_.clear();
        continue;
      }
      pairs_.push_back(std::move(*pair));
      if (pairs_.size() > window) {
        pairs_.pop_front();
      }
      if (pairs_.size() > 1 && look()) {
        break;
      }
    }
    best_.converged = best_quality_.converged();
    return std::move(best_);
  }

 private:
  /// Extrapolates what is in the window; true if there is no need to come nearer.
  bool look() {
    const bool constant = estimate();
    if (!constant && pairs_.size() < least) {
      return false;
    }
    std::vector<LongTensor> slip = slips(line_, pairs_);
    quality_.slip = relative_slip(line_, slip);
    if (best_.derivatives.empty() || quality_.relative() < best_quality_.relative() ||
        (quality_.converged() && contradicted({}) && contradicted(missed(slip)))) {
      best_quality_ = quality_;
      best_.derivatives = derivatives_;
      best_.step = pairs_.front().step;
      best_.nearest = pairs_.back().step;
      best_.slip = std::move(slip);
    }
    return (quality_.rounded() && !falling_) || quality_.relative() <= sharp;
  }

  /// The derivatives that are missed from here since rounding x ± h t swallows so much of t, as
  /// they were seen best; empty if they were not seen there either.
  std::vector<std::vector<Quotient>> missed(const std::vector<LongTensor>& slip) {
    std::vector<LongTensor> swallowed = slip;
    Line along{line_.layer, line_.active, line_.x, line_.t};
    for (std::size_t slot = 0; slot < slip.size(); ++slot) {
      for (std::size_t i = 0; line_.t[slot] != nullptr && i < slip[slot].size(); ++i) {
        swallowed[slot].data()[i] = std::copysign(slip[slot].data()[i], line_.t[slot]->data()[i]);
      }
      along.t[slot] = line_.t[slot] == nullptr ? nullptr : &swallowed[slot];
    }
    // Slips are up to twice what moves.
    const std::optional<Pair> pair = pair_at(along, best_.step / 2, evaluations_);
    return pair ? pair->quotients() : std::vector<std::vector<Quotient>>{};
  }

  /// Whether what is seen now cannot be what was seen best, noise in both and what is missed now
  /// allowed for.
  bool contradicted(const std::vector<std::vector<Quotient>>& missed) const {
    for (std::size_t output = 0; output < derivatives_.size(); ++output) {
      for (std::size_t i = 0; i < derivatives_[output].size(); ++i) {
        const Estimate& now = derivatives_[output][i];
        const Estimate& before = best_.derivatives[output][i];
        const long double swallowed = missed.empty() ? 0 : std::abs(missed[output][i].derivative);
        if (std::abs(now.value - before.value) >
            beyond_noise * (now.bound() + before.bound()) + swallowed) {
          return true;
        }
      }
    }
    return false;
  }

  /// Fills in the derivatives; true if every one is the same at all steps.
  bool estimate() {
    derivatives_.clear();
    quality_ = {};
    long double far_rounding = 0, near_rounding = 0;
    bool constant = true;
    for (std::size_t output = 0; output < pairs_[0].above.size(); ++output) {
      std::vector<Estimate>& row = derivatives_.emplace_back();
      for (std::size_t i = 0; i < pairs_[0].above[output].size(); ++i) {
        std::vector<Quotient> quotients;
        for (const Pair& pair : pairs_) {
          quotients.push_back(pair.quotient(output, i));
        }
        const std::optional<Estimate> steady = constant_derivative(quotients);
        constant = constant && steady;
        row.push_back(steady ? *steady : extrapolate(quotients, 2));
        quality_.add(row.back());
        if (row.back().value != 0) {
          far_rounding = std::max(far_rounding, quotients.front().rounding);
          near_rounding = std::max(near_rounding, quotients.back().rounding);
        }
      }
    }
    falling_ = near_rounding < far_rounding;
    return constant;
  }

  const Line& line_;
  int& evaluations_;
  std::deque<Pair> pairs_;  ///< the largest step first
  std::vector<std::vector<Estimate>> derivatives_;
  Quality quality_;
  bool falling_ = false;  ///< rounding weighs less from near: the outputs shrink faster than steps
  Directional best_;
  Quality best_quality_;
};

/// Clears the rounding of the derivatives of 0 of what is not seen to depend on the inputs that
/// move. Returns what these derivatives may be even so; nothing where there are none.
std::vector<std::vector<long double>> clear_independent(const Line& line, long double size,
                                                        Directional& found) {
  const bool any_still =
      std::ranges::any_of(found.derivatives, [](const std::vector<Estimate>& row) {
        return std::ranges::count(row, 0, &Estimate::value) != 0;
      });
  if (!any_still) {
    return {};
  }
  Reach depends = reach(line, size, found.evaluations);
  for (std::size_t output = 0; output < found.derivatives.size(); ++output) {
    for (std::size_t i = 0; i < found.derivatives[output].size(); ++i) {
      Estimate& derivative = found.derivatives[output][i];
      const bool cleared = derivative.value == 0 && !depends.seen[output][i];
      derivative = cleared ? Estimate{} : derivative;
      depends.absorbed[output][i] = cleared ? depends.absorbed[output][i] : 0;
    }
  }
  return std::move(depends.absorbed);
}

void add_rounding(const std::vector<std::vector<long double>>& rounding, Directional& found) {
  for (std::size_t output = 0; output < rounding.size(); ++output) {
    for (std::size_t i = 0; i < rounding[output].size(); ++i) {
      found.derivatives[output][i].rounding += rounding[output][i];
    }
  }
}

/// Whether the layer is affine as far as ± step reaches: then rounding may hide what is near.
bool affine(const Line& line, long double step, int& evaluations) {
  const std::optional<Pair> pair = pair_at(line, step, evaluations);
  const std::optional<Tensors<long double>> here = line.finite_at(0);
  ++evaluations;
  for (std::size_t output = 0; pair && here && output < here->size(); ++output) {
    for (std::size_t i = 0; i < (*here)[output].size(); ++i) {
      const long double second_difference = pair->above[output].data()[i] +
                                            pair->below[output].data()[i] -
                                            2 * (*here)[output].data()[i];
      if (std::abs(second_difference) > 2 * step * pair->quotient(output, i).rounding) {
        return false;
      }
    }
  }
  return pair && here;
}

/// A derivative of 0 that rounding makes, of an output that depends on what moves, was seen from
/// further than the smallest of the inputs is large: on its scale, rounding hides more. `own` is a
/// step on that scale.
void widen_hidden(const Line& line, long double own, Directional& found) {
  const auto hidden = [](const Estimate& derivative) {
    return derivative.value == 0 && derivative.rounding > 0;
  };
  const bool any = std::ranges::any_of(found.derivatives, [&](const std::vector<Estimate>& row) {
    return std::ranges::any_of(row, hidden);
  });
  if (!any || !(own < found.nearest) || affine(line, found.step, found.evaluations)) {
    return;
  }
  for (std::vector<Estimate>& row : found.derivatives) {
    for (Estimate& derivative : row) {
      derivative.rounding *= hidden(derivative) ? found.nearest / own : 1;
    }
  }
}

/// The smallest step at which rounding takes at most this share of every derivative that counts.
long double visible_step(const Directional& found, long double share) {
  long double largest_derivative = 0, step = 0;
  for (const std::vector<Estimate>& row : found.derivatives) {
    for (const Estimate& derivative : row) {
      largest_derivative = std::max(largest_derivative, std::abs(derivative.value));
    }
  }
  for (const std::vector<Estimate>& row : found.derivatives) {
    for (const Estimate& derivative : row) {
      if (std::abs(derivative.value) > loose * largest_derivative) {
        step = std::max(step,
                        found.nearest * derivative.rounding / (share * std::abs(derivative.value)));
      }
    }
  }
  return step;
}

/// Whether the quotients at another step fit, within what both may err.
bool fit(const Pair& near, const Directional& found) {
  for (std::size_t output = 0; output < found.derivatives.size(); ++output) {
    for (std::size_t i = 0; i < found.derivatives[output].size(); ++i) {
      const Quotient seen = near.quotient(output, i);
      const Estimate& derivative = found.derivatives[output][i];
      if (std::abs(seen.derivative - derivative.value) >
          2 * (seen.rounding + derivative.bound()) + same * std::abs(derivative.value)) {
        return false;
      }
    }
  }
  return true;
}

/// What is seen from near fits, but only within its rounding: what the layer does between that step
/// and those that were taken may be as much.
void widen_by(const Pair& near, Directional& found) {
  for (std::size_t output = 0; output < found.derivatives.size(); ++output) {
    for (std::size_t i = 0; i < found.derivatives[output].size(); ++i) {
      const Quotient seen = near.quotient(output, i);
      Estimate& derivative = found.derivatives[output][i];
      derivative.truncation = std::max(
          derivative.truncation, std::abs(seen.derivative - derivative.value) + seen.rounding);
    }
  }
}

/// Looks at the line once more from near, where the steps that were taken may have been larger than
/// what the layer does there.
void look_from_near(const Line& line, long double near, Directional& best, int& evaluations) {
  const std::optional<Pair> pair = pair_at(line, near, evaluations);
  if (pair && !fit(*pair, best)) {
    best = Descent(line, evaluations).run(near);
  } else if (pair && !affine(line, best.step, evaluations)) {
    widen_by(*pair, best);
  }
}

}  // namespace

std::optional<Directional> differentiate_along(const Line& line, long double fraction,
                                               long double scale) {
  const long double first = line.typical_step(fraction, scale);
  if (!std::isfinite(first) || !(first > 0)) {
    return std::nullopt;
  }
  int evaluations = 0;
  Directional best = Descent(line, evaluations).run(first);
  const long double own = line.own_step(fraction);
  const long double near = std::max(own, visible_step(best, same));
  if (!best.derivatives.empty() && near < nearer * best.step) {
    look_from_near(line, near, best, evaluations);
  }
  if (!best.derivatives.empty() && fraction * visible_step(best, loose) > own &&
      !affine(line, best.step, evaluations)) {
    best.converged = false;
  }
  if (best.derivatives.empty()) {
    return std::nullopt;
  }
  best.evaluations = evaluations;
  const std::vector<std::vector<long double>> absorbed =
      clear_independent(line, first / fraction, best);
  widen_hidden(line, own, best);
  add_rounding(absorbed, best);
  return best;
}

}  // namespace gradcheck
