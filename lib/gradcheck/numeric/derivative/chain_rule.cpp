#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/chain_rule.hpp>
#include <gradcheck/numeric/derivative/derivative_along.hpp>
#include <gradcheck/numeric/derivative/independence.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Steps begin at this part of the size of what moves: six of them, each half of the one before,
/// leave out less of an ordinary function than rounding adds.
constexpr long double fraction = 0x1p-1L;
/// Samples of the error, and what the largest of them may fall short of it: three random walks are
/// all shorter than a third of their typical length once in sixty times.
constexpr std::size_t samples = 3;
constexpr long double safety = 3;
/// Rounding of the sums on the way, in units of the value.
constexpr long double own_units = 64;

bool moves(const LongTensor& tangent) { return tangent.dimension() != 0 || tangent.data()[0] != 0; }

/// The node's inputs with those of `tangents` that it differentiates.
Line line_through(const Graph::Node& node, const ConvexCombination& active,
                  const Values<long double>& values, const std::vector<LongTensor>& tangents) {
  Line line{*node.layer, active, inputs_of(node.inputs, values), {}};
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const LongTensor& tangent = tangents[node.inputs[slot]];
    line.t.push_back(node.layer->differentiable(slot) && moves(tangent) ? &tangent : nullptr);
  }
  return line;
}

}  // namespace

ChainRule::ChainRule(const Graph& graph, const Values<long double>& values,
                     const ActivePieces& active, std::uint64_t seed)
    : graph_(graph), values_(values), active_(active), random_(seed) {}

LongTensor ChainRule::zeros_like(ValueId id) const {
  return zeros<long double>(shape_of(values_[id]));
}

ChainRule::Tangents ChainRule::start(ValueId from, std::size_t entry, ValueId target,
                                     long double value) const {
  Tangents tangents(values_.size(), scalar(0.0L));
  tangents[from] = zeros_like(from);
  tangents[from].data()[entry] = value;
  if (target != from) {
    tangents[target] = zeros_like(target);
  }
  return tangents;
}

/// The error that arrives at a node, by rounding x ± h t as well.
ChainRule::Tangents ChainRule::arriving(const Graph::Node& node, const Line& line,
                                        const Directional& along, const Tangents& error) {
  Tangents result = error;
  for (std::size_t slot = 0; slot < line.t.size(); ++slot) {
    if (line.t[slot] == nullptr) {
      continue;
    }
    LongTensor& in = result[node.inputs[slot]];
    if (in.size() != line.t[slot]->size() || !moves(in)) {
      in = zeros<long double>(shape_of(*line.t[slot]));
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
      in.data()[i] += signed_part(random_) * along.slip[slot].data()[i];
    }
  }
  return result;
}

/// Which outputs the error may reach though the tangent does not, where rounding hides that: none
/// are asked for if it moves nothing but what the tangent moves.
std::vector<std::vector<bool>> ChainRule::reached_by_error(const Line& line, const Line& errors) {
  bool farther = false;
  for (std::size_t slot = 0; slot < errors.t.size(); ++slot) {
    for (std::size_t i = 0; errors.t[slot] != nullptr && i < errors.t[slot]->size(); ++i) {
      const bool still = line.t[slot] == nullptr || line.t[slot]->data()[i] == 0;
      farther = farther || (still && errors.t[slot]->data()[i] != 0);
    }
  }
  if (!farther) {
    return {};
  }
  int evaluations = 0;
  Reach reached = reach(errors, errors.typical_step(1, scale_), evaluations);
  evaluations_ += static_cast<std::uint64_t>(evaluations);
  return std::move(reached.seen);
}

/// The error that a node passes on: what arrives, through it, and what it adds.
bool ChainRule::carry_error(std::size_t k, const Line& line, const Directional& along,
                            long double first, Tangents& error) {
  const Graph::Node& node = graph_.nodes[k];
  const Tangents in = arriving(node, line, along, error);
  const Line errors = line_through(node, active_[k], values_, in);
  const bool any = errors.speed() > 0;
  std::optional<std::vector<std::vector<Quotient>>> through;
  std::vector<std::vector<bool>> reached;
  if (any) {
    reached = reached_by_error(line, errors);
    int evaluations = 0;
    through = derivative_along(errors, along.nearest * line.speed() / errors.speed(), first, scale_,
                               evaluations);
    evaluations_ += static_cast<std::uint64_t>(evaluations);
  }
  for (std::size_t output = 0; output < node.outputs.size() && (through || !any); ++output) {
    LongTensor sum = zeros_like(node.outputs[output]);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const Estimate& derivative = along.derivatives[output][i];
      const Quotient carried = any ? (*through)[output][i] : Quotient{};
      const bool depends = derivative.value != 0 || derivative.bound() > 0 ||
                           (!reached.empty() && reached[output][i]);
      const bool hidden = depends && std::abs(carried.derivative) < carried.rounding;
      sum.data()[i] = carried.derivative +
                      signed_part(random_) * (derivative.bound() + (hidden ? carried.rounding : 0));
    }
    error[node.outputs[output]] = std::move(sum);
  }
  return through || !any;
}

/// A node at which nothing arrives but errors.
bool ChainRule::carry_error_alone(std::size_t k, long double first, Tangents& error) {
  const Graph::Node& node = graph_.nodes[k];
  const Line line = line_through(node, active_[k], values_, error);
  if (!(line.speed() > 0)) {
    return true;
  }
  const std::optional<Directional> along = differentiate_along(line, first, scale_);
  for (std::size_t output = 0; along && output < node.outputs.size(); ++output) {
    LongTensor out = zeros_like(node.outputs[output]);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Estimate& derivative = along->derivatives[output][i];
      out.data()[i] = derivative.value + signed_part(random_) * derivative.bound();
    }
    error[node.outputs[output]] = std::move(out);
  }
  evaluations_ += along ? static_cast<std::uint64_t>(along->evaluations) : 0;
  return along.has_value();
}

bool ChainRule::pass(std::size_t k, long double first) {
  const Graph::Node& node = graph_.nodes[k];
  const Line line = line_through(node, active_[k], values_, tangents_);
  if (!(line.speed() > 0)) {
    return std::ranges::all_of(errors_,
                               [&](Tangents& error) { return carry_error_alone(k, first, error); });
  }
  const std::optional<Directional> along = differentiate_along(line, first, scale_);
  if (!along) {
    return false;
  }
  evaluations_ += static_cast<std::uint64_t>(along->evaluations);
  converged_ = converged_ && along->converged;
  for (Tangents& error : errors_) {
    if (!carry_error(k, line, *along, first, error)) {
      return false;
    }
  }
  for (std::size_t output = 0; output < node.outputs.size(); ++output) {
    LongTensor tangent = zeros_like(node.outputs[output]);
    for (std::size_t i = 0; i < tangent.size(); ++i) {
      const Estimate& derivative = along->derivatives[output][i];
      tangent.data()[i] = derivative.value;
      truncated_ = truncated_ || derivative.truncation > derivative.rounding;
    }
    tangents_[node.outputs[output]] = std::move(tangent);
  }
  return true;
}

std::vector<Estimate> ChainRule::differentiate(ValueId from, std::size_t entry, ValueId target,
                                               const std::vector<std::size_t>& path,
                                               long double scale, long double nearness) {
  tangents_ = start(from, entry, target, 1);
  errors_.assign(samples, start(from, entry, target, 0));
  scale_ = scale;
  converged_ = true;
  truncated_ = false;
  evaluations_ = 0;
  const bool whole =
      std::ranges::all_of(path, [&](std::size_t k) { return pass(k, nearness * fraction); });
  probes_ += (evaluations_ + path.size() - 1) / std::max<std::size_t>(1, path.size());
  std::vector<Estimate> estimates;
  for (std::size_t j = 0; whole && j < values_[target].size(); ++j) {
    long double bound = converged_ ? 0 : std::numeric_limits<long double>::infinity();
    for (const Tangents& error : errors_) {
      bound = std::max(bound, safety * std::abs(error[target].data()[j]));
    }
    const long double value = tangents_[target].data()[j];
    const long double rounding = own_units * machine_epsilon<long double>() * std::abs(value);
    const bool truncated = truncated_ || !converged_;
    estimates.push_back({value, truncated ? bound : 0, rounding + (truncated ? 0 : bound)});
    if (!std::isfinite(value) || std::isnan(bound)) {
      return {};
    }
  }
  return estimates;
}

}  // namespace gradcheck
