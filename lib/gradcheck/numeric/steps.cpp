#include <algorithm>
#include <cmath>

#include <gradcheck/numeric/steps.hpp>

namespace gradcheck {

namespace {

/// Mean of |t_i| over the nonzero, finite entries; 0 if there are none.
double typical_size(const Tensor& t) {
  double sum = 0;
  std::size_t count = 0;
  for (const double x : entries(t)) {
    if (x != 0 && std::isfinite(x)) {
      sum += std::abs(x);
      ++count;
    }
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double largest_change(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::abs(a.data()[i] - b.data()[i]));
  }
  return largest;
}

/// The displacement of a zero entry that changes the first value downstream by about its typical
/// size; 0 if no value has a size.
double displacement(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    std::size_t entry) {
  for (const std::size_t node : evaluator.path()) {
    for (const ValueId output : graph.nodes[node].outputs) {
      const double size = typical_size(values[output]);
      double trial = size;
      double change = 0;
      // Three rounds settle a function that is not linear; a linear one is settled by the first.
      for (int round = 0; round < 3 && std::isfinite(trial) && trial > 0; ++round) {
        evaluator.at(entry, trial);
        change = largest_change(evaluator.value(output), values[output]);
        trial *= std::isfinite(change) && change > 0 ? size / change : 1;
      }
      if (size > 0 && change > 0 && std::isfinite(trial)) {
        return trial;
      }
    }
  }
  return 0;
}

}  // namespace

Tensor entry_scales(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    ValueId from) {
  const Tensor& tensor = values[from];
  const double typical = typical_size(tensor);
  Tensor scales = empty<double>(shape_of(tensor));
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    scales.data()[i] = std::max(std::abs(tensor.data()[i]), typical);
  }
  if (typical > 0 || tensor.size() == 0) {
    return scales;
  }
  double scale = 0;
  for (std::size_t i = 0; i < tensor.size() && scale == 0; ++i) {
    scale = displacement(evaluator, graph, values, i);
  }
  std::ranges::fill(entries(scales), scale > 0 ? scale : 1.0);
  return scales;
}

}  // namespace gradcheck
