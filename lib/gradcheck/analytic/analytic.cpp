#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>

#include <gradcheck/analytic/analytic.hpp>
#include <gradcheck/analytic/float32_gradients.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/numeric/rounding/rounding.hpp>
#include <gradcheck/tensor/broadcast.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {

namespace {

/// Both precisions of backward differ by about the rounding of the coarser; twice that is safe.
constexpr double analytic_safety = 2;
/// Disturbed runs of backward.
constexpr int samples = 2;
/// The same where float32 layers are on the way: their few roundings may cancel in one of them.
constexpr int float32_samples = 8;
/// Where long double is no better: units of rounding granted to a sum of terms as large as the
/// tensor's largest.
constexpr double assumed_units = 64;
/// Entries of all values together that make a network large. In smaller ones the entries are
/// settled faster one by one.
constexpr std::size_t large_network = 2048;
/// No Jacobian may have more entries than this (128 MiB of doubles).
constexpr std::size_t max_jacobian = std::size_t{1} << 24;

Tensor unit(const Shape& shape, std::size_t entry) {
  Tensor t = zeros<double>(shape);
  t.data()[entry] = 1;
  return t;
}

/// The larger of what is there and of how far perturbing every gradient on its way moves each
/// entry.
void perturb_backward(const Network& network, const EvaluationPoint& point, ValueId target,
                      Gradients& gradients, std::uint64_t seed) {
  const Noise noise = backward_noise(network, point, gradients.values, seed);
  StochasticArithmetic arithmetic(seed);
  const auto perturb = [&](ValueId id, Tensor& gradient) {
    if (noise.present[id]) {
      arithmetic.perturb_by(gradient, noise.amplitude[id]);
    }
  };
  const int runs = noise.any() ? float32_samples : samples;
  for (int run = 0; run < runs; ++run) {
    Values<double> moved = backward<double>(network, point.values, target, gradients.upstream,
                                            [&](ValueId id, Tensor& gradient) {
                                              arithmetic.perturb_rounded(gradient);
                                              perturb(id, gradient);
                                            });
    for (const ValueId leaf : network.leaves()) {
      perturb(leaf, moved[leaf]);
    }
    for (ValueId id = 0; id < moved.size(); ++id) {
      StochasticArithmetic::raise(gradients.perturbed[id], moved[id], gradients.values[id]);
    }
  }
}

}  // namespace

Tensor rounding_of(const Tensor& value, const LongTensor& precise, bool helps) {
  Tensor rounding = empty<double>(shape_of(value));
  const double epsilon = machine_epsilon<double>();
  const double assumed =
      helps && long_double_helps() ? 0 : assumed_units * epsilon * max_abs(value);
  for (std::size_t i = 0; i < rounding.size(); ++i) {
    const double a = value.data()[i];
    const double seen = static_cast<double>(std::abs(a - precise.data()[i]));
    rounding.data()[i] = analytic_safety * seen + 4 * epsilon * std::abs(a) + assumed +
                         std::numeric_limits<double>::denorm_min();
  }
  return rounding;
}

bool is_large(const Network& network) { return network.entries() >= large_network; }

namespace {

/// The same without long double.
Tensor assumed_rounding(const Tensor& value) {
  const double unit = machine_epsilon<double>();
  const double assumed = assumed_units * unit * max_abs(value);
  return map(value, [=](double a) { return 4 * unit * std::abs(a) + assumed; });
}

/// The rounding that is there or that perturbing backward shows, whichever is larger; in float32 if
/// that is to be judged.
void complete_rounding(const CheckOptions& options, Gradients& gradients) {
  for (ValueId id = 0; id < gradients.values.size(); ++id) {
    gradients.rounding[id] = map2(gradients.rounding[id], gradients.perturbed[id],
                                  [](double a, double b) { return std::max(a, b); });
    if (options.analytic_precision == Precision::float32) {
      gradients.rounding[id] =
          float32_rounding(gradients.float32[id], gradients.values[id], gradients.rounding[id]);
    }
  }
}

}  // namespace

void measure_rounding(const Network& network, const EvaluationPoint& point, ValueId target,
                      const CheckOptions& options, Gradients& gradients) {
  if (gradients.in_both) {
    return;
  }
  const Values<long double> precise = backward<long double>(network, point.long_values(), target,
                                                            cast<long double>(gradients.upstream));
  const bool helps = in_long_double(network.graph());
  for (ValueId id = 0; id < precise.size(); ++id) {
    gradients.rounding[id] = rounding_of(gradients.values[id], precise[id], helps);
  }
  complete_rounding(options, gradients);
  gradients.in_both = true;
}

Gradients analytic_gradients(const Network& network, const EvaluationPoint& point, ValueId target,
                             Tensor upstream, const CheckOptions& options) {
  Gradients gradients{std::move(upstream), {}, {}, {}, {}};
  gradients.values = backward<double>(network, point.values, target, gradients.upstream);
  gradients.rounding.reserve(gradients.values.size());
  gradients.perturbed.reserve(gradients.values.size());
  for (const Tensor& value : gradients.values) {
    gradients.rounding.push_back(assumed_rounding(value));
    append(gradients.perturbed, [&] { return zeros<double>(shape_of(value)); });
  }
  perturb_backward(network, point, target, gradients, options.seed);
  if (options.analytic_precision == Precision::float32) {
    gradients.float32 = float32_gradients(network, point, target, gradients.upstream);
  }
  if (is_large(network)) {
    complete_rounding(options, gradients);
  } else {
    measure_rounding(network, point, target, options, gradients);
  }
  return gradients;
}

/// 1 for a scalar; otherwise random, signed, between ½ and 1 in size, so that nothing cancels or
/// hides.
Tensor upstream_for(const Shape& shape, std::uint64_t seed) {
  Tensor upstream = full<double>(shape, 1);
  if (upstream.size() == 1) {
    return upstream;
  }
  std::mt19937_64 random(seed);
  for (double& u : entries(upstream)) {
    u = signed_part(random);
  }
  return upstream;
}

Tensor upstream_for(const Shape& shape, std::uint64_t seed, Precision precision) {
  Tensor upstream = upstream_for(shape, seed);
  if (precision == Precision::float32) {
    constexpr double digits = 0x1p12;
    upstream = map(upstream, [](double u) { return std::round(u * digits) / digits; });
  }
  return upstream;
}

AnalyticJacobian analytic_jacobian(const Network& network, const EvaluationPoint& point, ValueId to,
                                   ValueId from, const CheckOptions& options) {
  const Shape& rows = network.value(to).shape;
  const Shape& columns = network.value(from).shape;
  const std::size_t m = entries_of(rows), n = entries_of(columns);
  if (m * n > max_jacobian) {
    throw_shape(
        "Jacobian", "d(" + network.value(to).name + ")/d(" + network.value(from).name + ")",
        "(" + std::to_string(m) + ", " + std::to_string(n) + ")",
        "at most " + std::to_string(max_jacobian) + " entries; end the network in a scalar loss");
  }
  Shape shape = rows;
  shape.insert(shape.end(), columns.begin(), columns.end());
  AnalyticJacobian jacobian{empty<double>(shape), empty<double>(shape), {}};
  if (options.analytic_precision == Precision::float32) {
    jacobian.in_double = empty<double>(shape);
  }
  for (std::size_t j = 0; j < m; ++j) {
    const Gradients row = analytic_gradients(network, point, to, unit(rows, j), options);
    std::ranges::copy(entries(row.judged()[from]), jacobian.judged.data() + j * n);
    std::ranges::copy(entries(row.rounding[from]), jacobian.rounding.data() + j * n);
    if (jacobian.in_double) {
      std::ranges::copy(entries(row.values[from]), jacobian.in_double->data() + j * n);
    }
  }
  return jacobian;
}

}  // namespace gradcheck
