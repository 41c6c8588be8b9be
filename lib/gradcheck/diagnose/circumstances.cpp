#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/diagnose/circumstances.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Gradients of more entries are not worked out anew.
constexpr std::size_t most_entries = 16384;
/// Batches are searched for a single row that counts up to this many.
constexpr std::size_t most_rows = 16;
/// How far from linear a backward must be for its upstream to be suspected: float32 is not enough.
constexpr double clearly_nonlinear = 1e-5;
/// A foretold value must be known to this part of how far the two sides are apart.
constexpr double telling = 0.01;
/// A factor that takes an upstream far inside of any limit, or far beyond.
constexpr double far = 1e9;

/// Whether a foretold value is known well enough to speak for a pattern: what is known of it only
/// roughly fits anything.
bool speaks(const Observation& seen, std::size_t i, const Foretold& foretold) {
  const double a = seen.analytic.data()[i], n = seen.numeric.data()[i];
  return foretold.bound <= telling * std::abs(a - n) + 10 * seen.bound.data()[i] +
                               seen.rtol * std::max(std::abs(a), std::abs(n));
}

bool explains(const Observation& seen, const Place& place) {
  if (seen.size() > most_entries) {
    return false;
  }
  std::vector<std::size_t> order = disagreeing_entries(seen);
  std::vector<bool> listed(seen.size());
  for (const std::size_t i : order) {
    listed[i] = true;
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!listed[i]) {
      order.push_back(i);
    }
  }
  try {
    LocalGradient gradient(place);
    return std::ranges::all_of(order, [&](std::size_t i) {
      const Foretold foretold = gradient.at(i);
      return fits(seen, i, foretold) && speaks(seen, i, foretold);
    });
  } catch (const Error&) {
    return false;  // the layer is not defined there
  }
}

template <class Function>
Place with_upstream(const Place& place, Function f) {
  Place changed = place;
  for (Tensor& dy : changed.dy) {
    dy = map(dy, f);
  }
  return changed;
}

/// What the layer's own backward gives for f(upstream).
template <class Function>
Tensor answer(const Place& place, Function f) {
  std::vector<const Tensor*> x;
  for (const Tensor& each : place.x) {
    x.push_back(&each);
  }
  return place.layer->backward(with_upstream(place, f).dy, Inputs<double>(x), place.y)[place.slot];
}

bool nonlinear(const Place& place) {
  const Tensor once = answer(place, [](double d) { return d; });
  const Tensor thrice = answer(place, [](double d) { return -3 * d; });
  for (std::size_t i = 0; i < once.size(); ++i) {
    const double expected = -3 * once.data()[i], got = thrice.data()[i];
    if (std::abs(got - expected) >
        clearly_nonlinear * std::max(std::abs(got), std::abs(expected))) {
      return true;
    }
  }
  return false;
}

/// If backward limits its upstream to ±c: c, from its answers to one far beyond and one far inside.
double limit_of(const Place& place) {
  const auto sign = [](double d) { return d < 0 ? -1.0 : 1.0; };
  const Tensor beyond = answer(place, [&](double d) { return far * sign(d); });
  const Tensor inside = answer(place, [&](double d) { return sign(d) / far; });
  double limit = 0, largest = 0;
  for (std::size_t i = 0; i < beyond.size(); ++i) {
    if (std::abs(inside.data()[i]) > largest) {
      largest = std::abs(inside.data()[i]);
      limit = beyond.data()[i] / (inside.data()[i] * far);
    }
  }
  return limit;
}

std::optional<Pattern> clipped_upstream(const Observation& seen, const Place& place) {
  const double limit = limit_of(place);
  const auto clip = [limit](double d) { return std::clamp(d, -limit, limit); };
  if (limit > 0 && std::isfinite(limit) && explains(seen, with_upstream(place, clip))) {
    return Pattern{"upstream changed", fmt::format("analytic is right for an upstream clipped at "
                                                   "±{:.6g}: backward is not linear in it",
                                                   limit)};
  }
  return std::nullopt;
}

/// Everything but one row of the upstream set to zero.
Place one_row(const Place& place, std::size_t row) {
  Place changed = place;
  Tensor& dy = changed.dy[0];
  const std::size_t length = dy.size() / dy.shape()[0];
  for (std::size_t i = 0; i < dy.size(); ++i) {
    dy.data()[i] *= i / length == row ? 1 : 0;
  }
  return changed;
}

std::optional<Pattern> single_row(const Observation& seen, const Place& place) {
  const Tensor& dy = place.dy[0];
  const std::size_t rows = dy.dimension() == 0 ? 0 : dy.shape()[0];
  if (place.dy.size() != 1 || rows < 2) {
    return std::nullopt;
  }
  for (std::size_t k = 0; k < std::min(rows, most_rows); ++k) {
    const std::size_t row = (rows - 1 + k) % rows;  // the last first, then from the first on
    if (explains(seen, one_row(place, row))) {
      return Pattern{
          "not summed over the batch",
          fmt::format("analytic is what row {} of {} alone contributes{}", row, rows,
                      row + 1 == rows ? ": overwritten where it should be added up?" : "")};
    }
  }
  return std::nullopt;
}

std::optional<Pattern> at_output(const Observation& seen, const Place& place) {
  if (place.y.size() != 1 || place.y[0].shape() != place.x[place.slot].shape()) {
    return std::nullopt;
  }
  Place changed = place;
  changed.x[place.slot] = place.y[0];
  return explains(seen, changed)
             ? std::optional(Pattern{"derivative at the wrong value",
                                     "the derivative is evaluated at the layer's output in place "
                                     "of its input"})
             : std::nullopt;
}

Tensor rolled(const Tensor& t, bool forward) {
  Tensor out = t;
  const auto row = static_cast<std::ptrdiff_t>(t.size() / t.shape()[0]);
  double* const end = out.data() + out.size();
  std::rotate(out.data(), forward ? end - row : out.data() + row, end);
  return out;
}

std::optional<Pattern> stale_rows(const Observation& seen, const Place& place) {
  for (std::size_t s = 0; s < place.x.size(); ++s) {
    const Tensor& x = place.x[s];
    if (!place.layer->differentiable(s) || x.dimension() == 0 || x.shape()[0] < 2) {
      continue;
    }
    for (const bool forward : {true, false}) {
      Place changed = place;
      changed.x[s] = rolled(x, forward);
      if (explains(seen, changed)) {
        return Pattern{
            "stale values",
            fmt::format("analytic is right with the rows of {} one {}: values of another "
                        "call?",
                        place.names[s], forward ? "late" : "early")};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Pattern> upstream_of_ones(const Observation& seen, const Place& place) {
  if (explains(seen, with_upstream(place, [](double) { return 1.0; }))) {
    return Pattern{"upstream ignored",
                   "analytic is right for an upstream of ones: it is not "
                   "multiplied by what comes from above"};
  }
  return std::nullopt;
}

std::optional<Pattern> other_upstream(const Observation& seen, const Place& place) {
  if (!nonlinear(place)) {
    return std::nullopt;
  }
  if (const std::optional<Pattern> ones = upstream_of_ones(seen, place)) {
    return ones;
  }
  if (explains(seen, with_upstream(place, [](double d) { return std::abs(d); }))) {
    return Pattern{"upstream changed",
                   "analytic is right for |upstream|: backward is not linear in it"};
  }
  if (explains(seen, with_upstream(place, [](double d) { return std::max(d, 0.0); }))) {
    return Pattern{"upstream changed",
                   "analytic is right for the upstream without its negative "
                   "entries: backward is not linear in it"};
  }
  return clipped_upstream(seen, place);
}

std::optional<Pattern> other_circumstances(const Observation& seen, const Place& place) {
  for (const auto& search : {single_row, at_output, stale_rows}) {
    if (const std::optional<Pattern> found = search(seen, place)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace gradcheck
