#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include <gradcheck/numeric/point/evaluation_point.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Size of the perturbation: far above rounding, far below what a smooth network could see as
/// curvature.
constexpr double perturbation = 0x1p-46;
/// Perturbed evaluations; each ξ has one of them large with probability close to 1.
constexpr int samples = 3;
/// The same where float32 is on the way: its few roundings may cancel in one of them, and no better
/// precision shows what is left.
constexpr int float32_samples = 8;
/// Rounding errs by half a unit for each operation; four covers layers of several operations.
constexpr double safety = 2;

/// The inputs of every node, among `values`; labels, masks and indices are read from `labels`.
template <class Real>
std::vector<std::vector<const TensorOf<Real>*>> all_inputs(const Graph& graph,
                                                           const Values<Real>& labels,
                                                           const Values<Real>& values) {
  std::vector<std::vector<const TensorOf<Real>*>> inputs;
  inputs.reserve(graph.nodes.size());
  for (const Graph::Node& node : graph.nodes) {
    inputs.push_back(inputs_of(node.inputs, values));
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      if (!node.layer->differentiable(slot)) {
        inputs.back()[slot] = &labels[node.inputs[slot]];
      }
    }
  }
  return inputs;
}

/// Evaluates the graph into `values`, whose leaves are given, from `inputs`; the node that computes
/// `pinned` is passed over, and each new value goes through `touch` with its id.
template <class Real, class Touch>
bool evaluate(const Graph& graph, const ActivePieces& active,
              const std::vector<std::vector<const TensorOf<Real>*>>& inputs,
              std::optional<ValueId> pinned, Values<Real>& values, Touch touch) {
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (pinned && std::ranges::count(node.outputs, *pinned) != 0) {
      continue;
    }
    try {
      Tensors<Real> y = forward_on(*node.layer, active[k], Inputs<Real>(inputs[k]));
      for (std::size_t i = 0; i < y.size(); ++i) {
        touch(node.outputs[i], y[i]);
        values[node.outputs[i]] = std::move(y[i]);
      }
    } catch (const Error&) {
      return false;
    }
  }
  return true;
}

/// The values whose perturbations are not those of a node.
std::vector<ValueId> leaves_of(const Graph& graph, std::optional<ValueId> pinned) {
  const std::vector<bool> given = given_values(graph);
  std::vector<ValueId> leaves;
  for (ValueId id = 0; id < given.size(); ++id) {
    if (given[id] || id == pinned) {
      leaves.push_back(id);
    }
  }
  return leaves;
}

/// What rounding of a value itself may do.
Tensor own_rounding_error(const Tensor& value, const Noise& noise, ValueId id) {
  if (noise.present[id]) {
    return map(noise.at(id, value), [](double amplitude) { return safety * amplitude; });
  }
  return map(value, [](double x) { return safety * machine_epsilon<double>() * std::abs(x); });
}

/// Whether all is finite that was.
bool stays_finite(const Values<double>& values, const Values<double>& moved) {
  for (ValueId id = 0; id < values.size(); ++id) {
    for (std::size_t i = 0; i < values[id].size(); ++i) {
      if (!std::isfinite(moved[id].data()[i]) && std::isfinite(values[id].data()[i])) {
        return false;
      }
    }
  }
  return true;
}

/// A perturbed evaluation in long double, with perturbations as much smaller as its rounding is,
/// and what it moves enlarged by as much: at the edge of a domain (a probability of 1 − 1e-15, 1
/// less that), double's own lead out of it. False where these do as well.
bool run_in_long_double(const Graph& graph, const Values<double>& values,
                        const ActivePieces& active, std::optional<ValueId> pinned,
                        const std::vector<ValueId>& leaves, StochasticArithmetic& arithmetic,
                        Values<double>& moved) {
  const double finer =
      static_cast<double>(machine_epsilon<long double>() / machine_epsilon<double>());
  const auto untouched = [](ValueId, LongTensor&) {};
  const auto touch = [&](ValueId, LongTensor& y) { arithmetic.perturb(y, finer); };
  const Values<long double> labels = widened(values);
  Values<long double> here = labels, there = labels;
  for (const ValueId leaf : leaves) {
    touch(leaf, there[leaf]);
  }
  if (!(finer < 1) ||
      !evaluate(graph, active, all_inputs(graph, labels, here), pinned, here, untouched) ||
      !evaluate(graph, active, all_inputs(graph, labels, there), pinned, there, touch)) {
    return false;
  }
  for (ValueId id = 0; id < values.size(); ++id) {
    for (std::size_t i = 0; i < values[id].size(); ++i) {
      const long double movement = there[id].data()[i] - here[id].data()[i];
      moved[id].data()[i] = values[id].data()[i] + static_cast<double>(movement) / finer;
    }
  }
  return stays_finite(values, moved);
}

/// Evaluates the graph again and again with every value perturbed a little, those that are given
/// and `pinned` included, and shows each such evaluation to `seen`.
template <class Seen>
void perturbed_runs(const Graph& graph, const Values<double>& values, const ActivePieces& active,
                    const Noise& noise, std::optional<ValueId> pinned,
                    StochasticArithmetic& arithmetic, Seen seen) {
  const auto touch = [&](ValueId id, Tensor& y) {
    noise.present[id] ? arithmetic.perturb_by(y, noise.at(id, y)) : arithmetic.perturb(y);
  };
  const std::vector<ValueId> leaves = leaves_of(graph, pinned);
  Values<double> moved = values;
  const std::vector<std::vector<const Tensor*>> inputs = all_inputs(graph, values, moved);
  const int runs = noise.any() ? float32_samples : samples;
  for (int run = 0; run < runs; ++run) {
    for (const ValueId leaf : leaves) {
      moved[leaf] = values[leaf];
    }
    for (const ValueId leaf : leaves) {
      touch(leaf, moved[leaf]);
    }
    const bool inside =
        evaluate(graph, active, inputs, pinned, moved, touch) && stays_finite(values, moved);
    if (inside || (!noise.any() &&
                   run_in_long_double(graph, values, active, pinned, leaves, arithmetic, moved))) {
      seen(moved);
    }
  }
}

/// The rounding errors of one value's entries around one point.
Tensor rounding_errors_around(const Graph& graph, const Values<double>& values,
                              const ActivePieces& active, const Noise& noise,
                              std::optional<ValueId> pinned, ValueId target,
                              StochasticArithmetic& arithmetic) {
  Tensor rounding_errors = own_rounding_error(values[target], noise, target);
  perturbed_runs(graph, values, active, noise, pinned, arithmetic,
                 [&](const Values<double>& moved) {
                   StochasticArithmetic::raise(rounding_errors, moved[target], values[target]);
                 });
  return rounding_errors;
}

}  // namespace

void StochasticArithmetic::perturb_number(double& x) {
  x *= 1 + perturbation * signed_part(random_);
}

void StochasticArithmetic::perturb(Tensor& t) {
  for (double& x : entries(t)) {
    perturb_number(x);
  }
}

void StochasticArithmetic::perturb(LongTensor& t, double finer) {
  for (long double& x : entries(t)) {
    x *= 1 + static_cast<long double>(finer * perturbation * signed_part(random_));
  }
}

void StochasticArithmetic::perturb_rounded(Tensor& t) {
  for (double& x : entries(t)) {
    if (static_cast<double>(static_cast<float>(x)) != x) {
      perturb_number(x);
    }
  }
}

void StochasticArithmetic::perturb_by(Tensor& t, const Tensor& amplitude) {
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] +=
        signed_part(random_) * perturbation / machine_epsilon<double>() * amplitude.data()[i];
  }
}

void StochasticArithmetic::move(Tensor& t, const Tensor& reach) {
  for (std::size_t i = 0; i < reach.size(); ++i) {
    t.data()[i] += sign() * reach.data()[i];
  }
}

void StochasticArithmetic::move_within(Tensor& t, const Tensor& reach) {
  for (std::size_t i = 0; i < reach.size(); ++i) {
    t.data()[i] += signed_part(random_) * reach.data()[i];
  }
}

void StochasticArithmetic::raise(Tensor& rounding_errors, const Tensor& moved, const Tensor& base) {
  const double scale = safety * machine_epsilon<double>() / perturbation;
  for (std::size_t i = 0; i < rounding_errors.size(); ++i) {
    const double rounding_error = scale * std::abs(moved.data()[i] - base.data()[i]);
    if (std::isfinite(rounding_error)) {
      rounding_errors.data()[i] = std::max(rounding_errors.data()[i], rounding_error);
    }
  }
}

double StochasticArithmetic::rounding_of(double movement, double size) {
  return safety * machine_epsilon<double>() * std::max(movement / perturbation, size);
}

Values<double> rounding_errors_of(const Graph& graph, const Values<double>& values,
                                  const ActivePieces& active, const Noise& noise,
                                  std::uint64_t seed) {
  Values<double> rounding_errors;
  rounding_errors.reserve(values.size());
  for (ValueId id = 0; id < values.size(); ++id) {
    rounding_errors.push_back(own_rounding_error(values[id], noise, id));
  }
  StochasticArithmetic arithmetic(seed);
  perturbed_runs(graph, values, active, noise, std::nullopt, arithmetic,
                 [&](const Values<double>& moved) {
                   for (ValueId id = 0; id < values.size(); ++id) {
                     StochasticArithmetic::raise(rounding_errors[id], moved[id], values[id]);
                   }
                 });
  return rounding_errors;
}

Tensor wider(const Tensor& rounding_errors, const Tensor& there) {
  return map2(rounding_errors, there,
              [](double a, double b) { return std::isfinite(b) ? std::max(a, b) : a; });
}

Tensor probe_rounding_errors(const Graph& graph, const Values<double>& values,
                             const ActivePieces& active, const Noise& noise, ValueId from,
                             const Tensor& reach, ValueId target, std::uint64_t seed) {
  StochasticArithmetic arithmetic(seed);
  Tensor rounding_errors =
      rounding_errors_around(graph, values, active, noise, from, target, arithmetic);
  Values<double> moved = values;
  arithmetic.move(moved[from], reach);
  if (!evaluate(graph, active, all_inputs(graph, values, moved), from, moved,
                [](ValueId, Tensor&) {})) {
    return rounding_errors;
  }
  return wider(rounding_errors,
               rounding_errors_around(graph, moved, active, noise, from, target, arithmetic));
}

std::optional<Tensor> rounding_errors_nearby(const Graph& graph, const Values<double>& values,
                                             const ActivePieces& active,
                                             const std::map<ValueId, Tensor>& reach, ValueId target,
                                             std::uint64_t seed) {
  StochasticArithmetic arithmetic(seed);
  Values<double> moved = values;
  for (const auto& [id, distance] : reach) {
    arithmetic.move_within(moved[id], distance);
  }
  if (!evaluate(graph, active, all_inputs(graph, values, moved), std::nullopt, moved,
                [](ValueId, Tensor&) {})) {
    return std::nullopt;
  }
  return rounding_errors_around(graph, moved, active, Noise(values.size()), std::nullopt, target,
                                arithmetic);
}

}  // namespace gradcheck
