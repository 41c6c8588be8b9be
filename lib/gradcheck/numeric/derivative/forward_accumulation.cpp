#include <algorithm>
#include <array>
#include <cmath>

#include <gradcheck/numeric/derivative/forward_accumulation.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

// The largest step as a fraction of the size of what moves, in long double and in float32.
constexpr long double long_fraction = 0x1p-11L;
constexpr long double float32_fraction = 0x1p-2L;

// Steps from far too large to far too small, each half the one before, extrapolated: how smooth a
// float32 layer is cannot be seen from near. All of them may be so large that they see nothing of
// the point, and agree on it: one from nearer, so many halvings beyond the last, tells.
constexpr int steps = 5;
constexpr int gap = 4;
// Runs in which every layer's rounding is larger, by how much, and how far to trust what they show.
// The noise of one run may cancel by chance, that of four hardly.
constexpr int noisy_runs = 4;
constexpr long double amplification = 0x1p6L;
constexpr long double safety = 2;

// Displacements, in typical sizes of an input, that show which outputs of a float32 layer depend on
// it at all.
constexpr std::array<long double, 2> displacements{1, 3};
// Never less than this of the value: x ± h t is itself rounded, layer after layer.
constexpr long double least_rounding = 0x1p-44L;
// Units of rounding that a layer's output may be off: several operations, each by half a unit.
constexpr long double units = 4;

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

bool in_float32(const Graph::Node& node) { return node.layer->precision() == Precision::float32; }

/// Quotients at steps of ... 4, 2, 1.
std::vector<Quotient> quotients_of(const std::vector<long double>& derivatives,
                                   long double finest_rounding) {
  std::vector<Quotient> quotients;
  for (std::size_t k = 0; k < derivatives.size(); ++k) {
    const int halvings = static_cast<int>(derivatives.size() - 1 - k);
    quotients.push_back(
        {std::ldexp(1.0L, halvings), derivatives[k],
         std::ldexp(finest_rounding, -halvings) + least_rounding * std::abs(derivatives.back())});
  }
  return quotients;
}

/// Where the last estimate cannot be of the value that is seen from much nearer, the latter counts,
/// and may be as wrong as they are apart.
void prefer_nearer(const std::array<Quotient, 2>& quotients, ForwardAccumulation::Result& result) {
  const Estimate nearer = extrapolate(quotients, 2);
  Estimate& last = result.estimates.back();
  if (!compatible(last, nearer)) {
    const long double apart = std::abs(nearer.value - last.value);
    last = {nearer.value, std::max(nearer.truncation, apart), nearer.rounding};
    result.finest.back() = quotients.back().rounding;
  }
}

}  // namespace

ForwardAccumulation::ForwardAccumulation(const Graph& graph, const Values<long double>& values,
                                         const ActivePieces& active, const Noise& noise,
                                         std::uint64_t seed)
    : graph_(graph), values_(values), active_(active), noise_(noise), random_(seed) {}

/// The largest step, up to `fraction` of its size, that no moved input of the node finds too large.
long double ForwardAccumulation::step_for(const Graph::Node& node, long double fraction,
                                          const Tangents& tangents) const {
  long double step = 0;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const ValueId id = node.inputs[slot];
    const long double speed = node.layer->differentiable(slot) ? largest(tangents[id]) : 0;
    if (speed == 0) {
      continue;
    }
    const long double size = typical_size<long double>(values_[id]);
    const long double own = fraction * (size > 0 ? size / speed : scale_);
    step = step == 0 ? own : std::min(step, own);
  }
  return step;
}

/// How far rounding may have moved an output of the node, entry by entry; of a float32 layer, where
/// the output depends on what moves.
LongTensor ForwardAccumulation::rounding_of(std::size_t k, std::size_t output,
                                            const LongTensor& y) const {
  const auto found = moved_outputs_.find(k);
  if (found == moved_outputs_.end()) {
    return map(y, [](long double entry) {
      return units * machine_epsilon<long double>() * std::abs(entry);
    });
  }
  LongTensor rounding =
      cast<long double>(noise_.at(graph_.nodes[k].outputs[output], cast<double>(y)));
  for (std::size_t i = 0; i < rounding.size(); ++i) {
    rounding.data()[i] *= found->second[output][i] ? 1 : 0;
  }
  return rounding;
}

bool ForwardAccumulation::pass(std::size_t k, long double part, long double noise,
                               Tangents& tangents) {
  const Graph::Node& node = graph_.nodes[k];
  const long double fraction = in_float32(node) ? float32_fraction : long_fraction;
  const long double step = step_for(node, part * fraction, tangents);
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
  if (in_float32(node)) {
    find_moved_outputs(k, tangents);
  }
  const Tensors<long double> high = forward_on(*node.layer, active_[k], Inputs<long double>(above));
  const Tensors<long double> low = forward_on(*node.layer, active_[k], Inputs<long double>(below));
  for (std::size_t output = 0; output < high.size(); ++output) {
    const LongTensor rounding = rounding_of(k, output, high[output]);
    LongTensor tangent = high[output];
    for (std::size_t i = 0; i < tangent.size(); ++i) {
      const long double sign = (random_() >> 63) != 0 ? 1 : -1;
      tangent.data()[i] = (high[output].data()[i] - low[output].data()[i]) / (2 * step) +
                          sign * (noise / step) * rounding.data()[i];
    }
    if (!finite(tangent)) {
      return false;
    }
    tangents[node.outputs[output]] = std::move(tangent);
  }
  return true;
}

/// Which outputs of a float32 layer depend on the inputs that move, found by moving these far:
/// those that do not stay the same to the bit, without any noise.
void ForwardAccumulation::find_moved_outputs(std::size_t k, const Tangents& tangents) {
  if (moved_outputs_.contains(k)) {
    return;
  }
  Moved moved;
  for (const ValueId output : graph_.nodes[k].outputs) {
    moved.emplace_back(values_[output].size());
  }
  for (const long double size : displacements) {
    for (const long double sign : {1.0L, -1.0L}) {
      displace(k, tangents, sign * size, moved);
    }
  }
  moved_outputs_.emplace(k, std::move(moved));
}

void ForwardAccumulation::displace(std::size_t k, const Tangents& tangents, long double size,
                                   Moved& moved_entries) {
  const Graph::Node& node = graph_.nodes[k];
  std::vector<const LongTensor*> x = inputs_of(node.inputs, values_);
  const Tensors<long double> here = forward_on(*node.layer, active_[k], Inputs<long double>(x));
  std::vector<LongTensor> there(x.size());
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    const LongTensor& tangent = tangents[node.inputs[slot]];
    if (node.layer->differentiable(slot) && moves(tangent)) {
      const long double typically = typical_size<long double>(*x[slot]);
      const long double distance = size * (typically > 0 ? typically : scale_);
      there[slot] = *x[slot];
      for (std::size_t i = 0; i < tangent.size(); ++i) {
        const long double sign = (random_() >> 63) != 0 ? 1 : -1;
        there[slot].data()[i] += tangent.data()[i] == 0 ? 0 : sign * distance;
      }
      x[slot] = &there[slot];
    }
  }
  const Tensors<long double> y = forward_on(*node.layer, active_[k], Inputs<long double>(x));
  for (std::size_t output = 0; output < y.size(); ++output) {
    for (std::size_t i = 0; i < y[output].size(); ++i) {
      if (!(y[output].data()[i] == here[output].data()[i])) {
        moved_entries[output][i] = true;
      }
    }
  }
}

bool ForwardAccumulation::run(const std::vector<std::size_t>& path, long double part,
                              long double noise, Tangents& tangents) {
  probes_ += 2;
  try {
    return std::ranges::all_of(path, [&](std::size_t k) { return pass(k, part, noise, tangents); });
  } catch (const Error&) {
    return false;
  }
}

ForwardAccumulation::Result ForwardAccumulation::differentiate(ValueId from, std::size_t entry,
                                                               ValueId target,
                                                               const std::vector<std::size_t>& path,
                                                               long double scale,
                                                               long double nearness) {
  scale_ = scale;
  moved_outputs_.clear();
  Tangents start(values_.size(), scalar(0.0L));
  start[from] = zeros<long double>(shape_of(values_[from]));
  start[from].data()[entry] = 1;
  if (start[target].size() != values_[target].size()) {
    start[target] = zeros<long double>(shape_of(values_[target]));
  }
  std::vector<Tangents> runs(steps, start);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (!run(path, std::ldexp(nearness, -static_cast<int>(k)), 0, runs[k])) {
      return {};
    }
  }
  std::vector<Tangents> noisy(noisy_runs, start);
  for (Tangents& each : noisy) {
    if (!run(path, std::ldexp(nearness, 1 - steps), amplification, each)) {
      return {};
    }
  }
  Tangents near = start;
  if (!run(path, std::ldexp(nearness, 1 - steps - gap), 0, near)) {
    return {};
  }
  Result result;
  for (std::size_t j = 0; j < values_[target].size(); ++j) {
    std::vector<long double> derivatives;
    for (const Tangents& each : runs) {
      derivatives.push_back(each[target].data()[j]);
    }
    long double seen = 0;
    for (const Tangents& each : noisy) {
      seen = std::max(seen, std::abs(each[target].data()[j] - derivatives.back()));
    }
    const long double finest = safety * seen / amplification;
    const std::vector<Quotient> quotients = quotients_of(derivatives, finest);
    result.estimates.push_back(extrapolate(quotients, 2));
    result.finest.push_back(finest);
    const Quotient nearest{std::ldexp(1.0L, -gap), near[target].data()[j], std::ldexp(finest, gap)};
    prefer_nearer(std::array{quotients.back(), nearest}, result);
  }
  return result;
}

}  // namespace gradcheck
