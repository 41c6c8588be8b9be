#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/precision.hpp>
#include <gradcheck/numeric/propagator.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

// Three steps, extrapolated: what is left is of sixth order.
constexpr std::array<long double, 3> fractions{0x1p-11L, 0x1p-12L, 0x1p-13L};
// Rounding is measured by a third run in which every layer's is this much larger.
constexpr long double amplification = 0x1p20L;
// Never less than this of the value: x ± h t is itself rounded, layer after layer.
constexpr long double least_rounding = 0x1p-44L;
// Units of rounding that a layer's output may be off: several operations, each by half a unit.
constexpr long double units = 4;

long double largest(const LongTensor& t) {
  long double result = 0;
  for (const long double x : entries(t)) {
    result = std::max(result, std::abs(x));
  }
  return result;
}

long double typical(const LongTensor& t) {
  long double sum = 0;
  std::size_t count = 0;
  for (const long double x : entries(t)) {
    sum += std::abs(x);
    count += x != 0 ? 1 : 0;
  }
  return count == 0 ? 0 : sum / static_cast<long double>(count);
}

LongTensor moved(const LongTensor& x, const LongTensor& tangent, long double step) {
  LongTensor result = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.data()[i] += step * tangent.data()[i];
  }
  return result;
}

bool finite(const LongTensor& t) {
  return std::ranges::all_of(entries(t), [](long double x) { return std::isfinite(x); });
}

bool moves(const LongTensor& tangent) { return tangent.dimension() != 0 || tangent.data()[0] != 0; }

}  // namespace

Propagator::Propagator(const Graph& graph, const Values<long double>& values, const Held& held,
                       std::uint64_t seed)
    : graph_(graph), values_(values), held_(held), random_(seed) {}

/// The largest step, up to `fraction` of its size, that no moved input of the node finds too large.
long double Propagator::step_for(const Graph::Node& node, long double fraction,
                                 const Tangents& tangents) const {
  long double step = 0;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const ValueId id = node.inputs[slot];
    const long double speed = node.layer->differentiable(slot) ? largest(tangents[id]) : 0;
    if (speed == 0) {
      continue;
    }
    const long double size = typical(values_[id]);
    const long double own = fraction * (size > 0 ? size / speed : scale_);
    step = step == 0 ? own : std::min(step, own);
  }
  return step;
}

bool Propagator::pass(const Graph::Node& node, const Mixture& held, long double fraction,
                      long double noise, Tangents& tangents) {
  const long double step = step_for(node, fraction, tangents);
  if (!(step > 0)) {
    return std::isfinite(step);
  }
  std::vector<const LongTensor*> x = inputs_of(node.inputs, values_);
  std::vector<LongTensor> right(x.size()), left(x.size());
  std::vector<const LongTensor*> above = x, below = x;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    const LongTensor& tangent = tangents[node.inputs[slot]];
    if (node.layer->differentiable(slot) && moves(tangent)) {
      right[slot] = moved(*x[slot], tangent, step);
      left[slot] = moved(*x[slot], tangent, -step);
      above[slot] = &right[slot];
      below[slot] = &left[slot];
    }
  }
  const Tensors<long double> high = forward_held(*node.layer, held, Inputs<long double>(above));
  const Tensors<long double> low = forward_held(*node.layer, held, Inputs<long double>(below));
  const long double rounding = noise * units * machine_epsilon<long double>() / step;
  for (std::size_t k = 0; k < high.size(); ++k) {
    LongTensor tangent = high[k];
    for (std::size_t i = 0; i < tangent.size(); ++i) {
      const long double sign = (random_() >> 63) != 0 ? 1 : -1;
      tangent.data()[i] = (high[k].data()[i] - low[k].data()[i]) / (2 * step) +
                          sign * rounding * std::abs(high[k].data()[i]);
    }
    if (!finite(tangent)) {
      return false;
    }
    tangents[node.outputs[k]] = std::move(tangent);
  }
  return true;
}

bool Propagator::run(const std::vector<std::size_t>& path, long double fraction, long double noise,
                     Tangents& tangents) {
  probes_ += 2;
  try {
    return std::ranges::all_of(path, [&](std::size_t k) {
      return pass(graph_.nodes[k], held_[k], fraction, noise, tangents);
    });
  } catch (const Error&) {
    return false;
  }
}

std::vector<Estimate> Propagator::differentiate(ValueId from, std::size_t entry, ValueId target,
                                                const std::vector<std::size_t>& path,
                                                long double scale) {
  scale_ = scale;
  Tangents start(values_.size(), scalar(0.0L));
  start[from] = zeros<long double>(shape_of(values_[from]));
  start[from].data()[entry] = 1;
  if (start[target].size() != values_[target].size()) {
    start[target] = zeros<long double>(shape_of(values_[target]));
  }
  std::vector<Tangents> runs(fractions.size(), start);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (!run(path, fractions[k], 0, runs[k])) {
      return {};
    }
  }
  if (!run(path, fractions.back(), amplification, start)) {
    return {};
  }
  std::vector<Estimate> estimates;
  for (std::size_t j = 0; j < values_[target].size(); ++j) {
    const long double fine = runs.back()[target].data()[j];
    const long double seen = std::abs(start[target].data()[j] - fine) / amplification;
    std::array<Quotient, fractions.size()> quotients;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const long double rounding = seen * fractions.back() / fractions[k];
      quotients[k] = {fractions[k], runs[k][target].data()[j],
                      rounding + least_rounding * std::abs(fine)};
    }
    estimates.push_back(extrapolate(quotients, 2));
  }
  return estimates;
}

}  // namespace gradcheck
