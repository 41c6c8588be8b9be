#include <algorithm>
#include <cmath>
#include <limits>

#include <gradcheck/numeric/derivative/steps.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

double largest_change(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::abs(a.data()[i] - b.data()[i]));
  }
  return largest;
}

/// From this many rounds on, no displacement will do.
constexpr int rounds = 24;
/// A change within this factor of the value's size is near enough.
constexpr double near_enough = 8;
/// How far a displacement shrinks that leads to values that are not finite.
constexpr double retreat = 0x1p-16;

/// How far `output` moves with the entry at `position`; infinite where it cannot be evaluated.
double change_at(Evaluator<double>& evaluator, std::size_t entry, double position, ValueId output,
                 const Tensor& base) {
  const double infinity = std::numeric_limits<double>::infinity();
  try {
    evaluator.at(entry, position);
  } catch (const Error&) {
    return infinity;
  }
  const Tensor& moved = evaluator.value(output);
  return all_finite(moved) ? largest_change(moved, base) : infinity;
}

/// The displacement of a zero entry that changes `output` by about `size`; 0 if none is found.
double displacement_for(Evaluator<double>& evaluator, ValueId output, const Tensor& base,
                        double size, std::size_t entry) {
  double trial = size;
  for (int round = 0; round < rounds && std::isfinite(trial) && trial > 0; ++round) {
    const double change = change_at(evaluator, entry, trial, output, base);
    if (change == 0) {
      return 0;
    }
    if (change <= near_enough * size && change >= size / near_enough) {
      return trial;
    }
    trial *= std::isfinite(change) ? size / change : retreat;
  }
  return std::isfinite(trial) ? trial : 0;
}

/// The displacement of a zero entry that changes the first value downstream by about its typical
/// size; 0 if no value has a size.
double displacement(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    std::size_t entry) {
  for (const std::size_t node : evaluator.path()) {
    for (const ValueId output : graph.nodes[node].outputs) {
      const double size = typical_size<double>(values[output]);
      const double found =
          size > 0 ? displacement_for(evaluator, output, values[output], size, entry) : 0;
      if (found > 0) {
        return found;
      }
    }
  }
  return 0;
}

}  // namespace

std::optional<Tensor> own_scales(const Tensor& tensor) {
  const double typical = typical_size<double>(tensor);
  if (typical == 0) {
    return std::nullopt;
  }
  return map(tensor, [typical](double x) { return std::max(std::abs(x), typical); });
}

Tensor entry_scales(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    ValueId from) {
  const Tensor& tensor = values[from];
  if (std::optional<Tensor> own = own_scales(tensor)) {
    return *std::move(own);
  }
  Tensor scales = empty_like(tensor);
  double scale = 0;
  for (std::size_t i = 0; i < tensor.size() && scale == 0; ++i) {
    scale = displacement(evaluator, graph, values, i);
  }
  std::ranges::fill(entries(scales), scale > 0 ? scale : 1.0);
  return scales;
}

}  // namespace gradcheck
