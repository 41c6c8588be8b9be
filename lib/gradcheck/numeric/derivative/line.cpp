#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/line.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Units of rounding that a layer's output may be off: six operations, each by half a unit.
constexpr long double units = 3;

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

}  // namespace

std::optional<Tensors<long double>> Line::at(long double s) const {
  std::vector<LongTensor> moved(x.size());
  std::vector<const LongTensor*> inputs = x;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (t[slot] != nullptr) {
      moved[slot] = *x[slot];
      for (std::size_t i = 0; i < moved[slot].size(); ++i) {
        moved[slot].data()[i] += s * t[slot]->data()[i];
      }
      inputs[slot] = &moved[slot];
    }
  }
  try {
    return forward_on(layer, active, Inputs<long double>(inputs));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<Tensors<long double>> Line::finite_at(long double s) const {
  std::optional<Tensors<long double>> y = at(s);
  return y && finite(*y) ? std::move(y) : std::nullopt;
}

long double Line::speed() const {
  long double result = 0;
  for (const LongTensor* direction : t) {
    result = direction == nullptr ? result : std::max(result, largest(*direction));
  }
  return result;
}

long double Line::typical_step(long double fraction, long double scale) const {
  long double step = 0;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    const long double moving = t[slot] == nullptr ? 0 : largest(*t[slot]);
    if (moving == 0) {
      continue;
    }
    const long double size = typical_size<long double>(*x[slot]);
    const long double own = fraction * (size > 0 ? size / moving : scale);
    step = step == 0 ? own : std::min(step, own);
  }
  return step;
}

long double Line::own_step(long double fraction) const {
  long double step = std::numeric_limits<long double>::infinity();
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    for (std::size_t i = 0; t[slot] != nullptr && i < x[slot]->size(); ++i) {
      const long double size = std::abs(x[slot]->data()[i]), moving = t[slot]->data()[i];
      step = size > 0 && moving != 0 ? std::min(step, fraction * size / std::abs(moving)) : step;
    }
  }
  return step;
}

Quotient Pair::quotient(std::size_t output, std::size_t i) const {
  const long double high = above[output].data()[i], low = below[output].data()[i];
  const long double size = std::max(std::abs(high), std::abs(low));
  return {step, (high - low) / (2 * step), units * epsilon * size / step};
}

std::vector<std::vector<Quotient>> Pair::quotients() const {
  std::vector<std::vector<Quotient>> all(above.size());
  for (std::size_t output = 0; output < all.size(); ++output) {
    for (std::size_t i = 0; i < above[output].size(); ++i) {
      all[output].push_back(quotient(output, i));
    }
  }
  return all;
}

std::optional<Pair> pair_at(const Line& line, long double step, int& evaluations) {
  std::optional<Tensors<long double>> above = line.finite_at(step);
  std::optional<Tensors<long double>> below = above ? line.finite_at(-step) : std::nullopt;
  evaluations += 2;
  if (!below) {
    return std::nullopt;
  }
  return Pair{step, epsilon_of(line.layer), std::move(*above), std::move(*below)};
}

}  // namespace gradcheck
