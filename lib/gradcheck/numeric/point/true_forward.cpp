#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>

#include <gradcheck/numeric/point/true_forward.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// How far the sampled points are from the point: parts of each entry.
constexpr std::array<double, 3> distances{0x1p-26, 0x1p-14, 0x1p-5};

/// What a user's own layer may differ by from run to run, of the largest entry: sums in another
/// order.
constexpr double run_to_run = 1e-11;

/// The first entry in which two values differ by more than `room` (NaN is NaN); their size if none
/// does.
std::size_t first_difference(const Tensor& a, const Tensor& b, double room = 0) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a.data()[i], y = b.data()[i];
    if (!(x == y || std::abs(x - y) <= room || (std::isnan(x) && std::isnan(y)))) {
      return i;
    }
  }
  return a.size();
}

/// A layer in float32, and a user's own, may differ from run to run by noise, which is measured
/// elsewhere.
void require_same_again(const Graph::Node& node, const Tensors<double>& first,
                        const Tensors<double>& again) {
  if (node.layer->precision() == Precision::float32) {
    return;
  }
  for (std::size_t output = 0; output < first.size(); ++output) {
    const bool opaque = !node.layer->in_long_double();
    const double room = opaque ? run_to_run * max_abs(first[output]) : 0;
    const std::size_t i = first_difference(first[output], again[output], room);
    if (i < first[output].size()) {
      throw LocatedError(
          node.at, node.layer->name() +
                       ": forward is not deterministic: asked twice at the same "
                       "inputs it gives " +
                       std::to_string(first[output].data()[i]) + " and " +
                       std::to_string(again[output].data()[i]) +
                       ", expected the same to the bit (fix its seed, or turn off its noise)");
    }
  }
}

void require_same_along(const Graph::Node& node, const Branches& branches, Inputs<double> x,
                        const Tensors<double>& y) {
  const Tensors<double> along = node.layer->forward_along(branches, x);
  for (std::size_t output = 0; output < y.size(); ++output) {
    if (first_difference(along[output], y[output]) < y[output].size()) {
      throw LocatedError(
          node.at,
          node.layer->name() + ": forward along its own branches has another value than forward");
    }
  }
}

/// The differentiable inputs, each entry moved by a random part of itself, up to `distance`.
Tensors<double> moved(const Graph::Node& node, Inputs<double> x, double distance,
                      std::mt19937_64& random) {
  Tensors<double> result;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    result.push_back(*x[slot]);
    for (double& entry : entries(result.back())) {
      const double part = static_cast<double>(random() >> 12) * 0x1p-51 - 1;
      entry *= node.layer->differentiable(slot) ? 1 + distance * part : 1;
    }
  }
  return result;
}

void test_about(const Graph::Node& node, Inputs<double> x, std::mt19937_64& random) {
  for (const double distance : distances) {
    const Tensors<double> there = moved(node, x, distance, random);
    std::vector<const Tensor*> in;
    for (const Tensor& each : there) {
      in.push_back(&each);
    }
    try {
      const Tensors<double> y = node.layer->forward(Inputs<double>(in));
      require_same_along(node, node.layer->branches(Inputs<double>(in)), Inputs<double>(in), y);
    } catch (const LocatedError&) {
      throw;
    } catch (const Error&) {
      // The layer refuses these inputs: nothing to compare.
    }
  }
}

}  // namespace

void require_true_forward(const Graph& graph, const Values<double>& values,
                          const ActivePieces& active, std::uint64_t seed) {
  std::optional<std::mt19937_64> random;  // to seed one takes longer than a small network
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    const std::vector<const Tensor*> x = inputs_of(node.inputs, values);
    const Tensors<double> y = node.layer->forward(Inputs<double>(x));
    require_same_again(node, y, node.layer->forward(Inputs<double>(x)));
    if (node.layer->kinked()) {
      require_same_along(node, active[k].parts[0].branches, Inputs<double>(x), y);
      if (!random) {
        random.emplace(seed);
      }
      test_about(node, Inputs<double>(x), *random);
    }
  }
}

}  // namespace gradcheck
