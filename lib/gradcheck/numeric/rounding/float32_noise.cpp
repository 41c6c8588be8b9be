#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>

#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/float32_noise.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Distance of neighbouring points, relative to each input entry, line by line: so far apart that
/// every rounding falls anew, also where the input is added to something much larger, and so near
/// that a smooth function has no third difference.
constexpr std::array<double, 6> spacings{0x1p-20, 0x1p-20, 0x1p-17, 0x1p-17, 0x1p-14, 0x1p-14};
constexpr int points = 7;
/// The third difference of independent errors of variance σ² has variance (1 + 9 + 9 + 1) σ².
constexpr double third_difference_variance = 20;
/// That of the fifth: 1 + 25 + 100 + 100 + 25 + 1.
constexpr double fifth_difference_variance = 252;
/// Units in the last place between the points that show the scatter of an opaque function: so near
/// that it is smooth over all of them.
constexpr std::array<double, 4> units_apart{1, 1, 4, 4};
/// Units of rounding that a value is granted where its scatter happens to be small.
constexpr double granted_units = 4;
/// The largest of the differences is about 1.4 σ; twice that is as far as rounding goes, but
/// for one in a few hundred.
constexpr double reach = 2;

Tensors<double> random_directions(const Tensors<double>& x, const std::vector<bool>& move,
                                  std::mt19937_64& random) {
  Tensors<double> directions;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    Tensor direction = zeros<double>(shape_of(x[slot]));
    for (std::size_t i = 0; move[slot] && i < direction.size(); ++i) {
      direction.data()[i] = signed_part(random) * x[slot].data()[i];
    }
    directions.push_back(std::move(direction));
  }
  return directions;
}

Tensors<double> along(const Tensors<double>& x, const Tensors<double>& directions, double step) {
  Tensors<double> moved;
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    moved.push_back(map2(x[slot], directions[slot],
                         [&](double entry, double way) { return entry + step * way; }));
  }
  return moved;
}

/// f at equally spaced points; none if it refuses one of them.
std::optional<std::vector<Tensors<double>>> on_line(const TensorFunction& f,
                                                    const Tensors<double>& x,
                                                    const Tensors<double>& directions,
                                                    double spacing) {
  std::vector<Tensors<double>> y;
  try {
    for (int k = 0; k < points; ++k) {
      y.push_back(f(along(x, directions, (k - points / 2) * spacing)));
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  return y;
}

/// Raises each amplitude to what the third differences show, and to what one unit of the inputs is
/// worth by the first: a layer that casts them errs by that, even where all points happen to be
/// cast alike.
void raise(Tensors<double>& amplitudes, const std::vector<Tensors<double>>& y, double spacing) {
  const double units = spacing / float32_epsilon;
  const double scale = reach / std::sqrt(third_difference_variance);
  for (std::size_t out = 0; out < amplitudes.size(); ++out) {
    for (std::size_t i = 0; i < amplitudes[out].size(); ++i) {
      const auto at = [&](std::size_t k) { return y[k][out].data()[i]; };
      for (std::size_t k = 0; k + 3 < y.size(); ++k) {
        const double first = std::abs(at(k + 1) - at(k));
        const double third = std::abs(at(k + 3) - 3 * at(k + 2) + 3 * at(k + 1) - at(k));
        const double seen = std::max(scale * third, first / units);
        double& amplitude = amplitudes[out].data()[i];
        amplitude = std::isfinite(seen) ? std::max(amplitude, seen) : amplitude;
      }
    }
  }
}

Tensor one_unit(const Tensor& t) {
  return map(t, [](double x) { return float32_epsilon * std::abs(x); });
}

}  // namespace

Tensors<double> noise_of(const TensorFunction& f, const Tensors<double>& x,
                         const std::vector<bool>& move, std::uint64_t seed) {
  Tensors<double> amplitudes;
  for (const Tensor& y : f(x)) {
    amplitudes.push_back(one_unit(y));
  }
  std::mt19937_64 random(seed);
  for (const double spacing : spacings) {
    if (const auto y = on_line(f, x, random_directions(x, move, random), spacing)) {
      raise(amplitudes, *y, spacing);
    }
  }
  return amplitudes;
}

Tensors<double> scatter_of(const TensorFunction& f, const Tensors<double>& x,
                           const std::vector<bool>& move, double unit, std::uint64_t seed) {
  Tensors<double> scatter;
  for (const Tensor& y : f(x)) {
    scatter.push_back(map(y, [&](double each) { return granted_units * unit * std::abs(each); }));
  }
  std::mt19937_64 random(seed);
  for (const double units : units_apart) {
    const auto y = on_line(f, x, random_directions(x, move, random), 2 * units * unit);
    for (std::size_t out = 0; y && out < scatter.size(); ++out) {
      for (std::size_t i = 0; i < scatter[out].size(); ++i) {
        const auto at = [&](std::size_t k) { return (*y)[k][out].data()[i]; };
        for (std::size_t k = 0; k + 5 < y->size(); ++k) {
          const double fifth = std::abs(at(k + 5) - 5 * at(k + 4) + 10 * at(k + 3) -
                                        10 * at(k + 2) + 5 * at(k + 1) - at(k));
          const double seen = reach * fifth / std::sqrt(fifth_difference_variance);
          double& most = scatter[out].data()[i];
          most = std::isfinite(seen) ? std::max(most, seen) : most;
        }
      }
    }
  }
  return scatter;
}

Noise forward_noise(const Graph& graph, const Values<double>& values, const ActivePieces& active,
                    std::uint64_t seed) {
  Noise noise(values.size());
  for (std::size_t k = 0; k < graph.nodes.size(); ++k) {
    const Graph::Node& node = graph.nodes[k];
    if (node.layer->precision() != Precision::float32 || !node.layer->in_long_double()) {
      continue;
    }
    Tensors<double> x;
    std::vector<bool> move;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      x.push_back(values[node.inputs[slot]]);
      move.push_back(node.layer->differentiable(slot));
    }
    const auto forward = [&](const Tensors<double>& at) {
      return forward_on(*node.layer, active[k], Inputs<double>(addresses(at)));
    };
    const Tensors<double> amplitudes = noise_of(forward, x, move, seed);
    for (std::size_t out = 0; out < amplitudes.size(); ++out) {
      noise.add(node.outputs[out], amplitudes[out]);
    }
  }
  return noise;
}

Noise rounding_to_float32(const Values<double>& values) {
  Noise noise(values.size());
  for (ValueId id = 0; id < values.size(); ++id) {
    noise.add(id, one_unit(values[id]));
  }
  return noise;
}

}  // namespace gradcheck
