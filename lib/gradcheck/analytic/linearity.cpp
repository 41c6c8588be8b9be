#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include <gradcheck/analytic/float32_gradients.hpp>
#include <gradcheck/analytic/linearity.hpp>
#include <gradcheck/numeric/point/machine_epsilon.hpp>
#include <gradcheck/tensor/broadcast.hpp>

namespace gradcheck {

namespace {

/// What scaling the upstream may change beyond scaling the gradient: rounding, never a float32
/// inside.
constexpr double slack = 1e-10;
/// Units of rounding, of the largest gradient in the network, granted to what cancels inside a
/// layer.
constexpr double granted_units = 16;
/// The same where a layer calculates in float32, but no more than this part of the tensor's
/// largest.
constexpr double most_granted = 0x1p-4;
/// An opaque layer that is linear to this part of a tensor's largest gradient, some units of
/// float32, calculates in float32 inside.
constexpr double float32_inside = 0x1p-19;
/// Entries smaller than this part of the largest tell nothing of how coarse a gradient is.
constexpr double telling = 1e-3;

/// Compares gradients with what linearity makes of others.
class Test {
 public:
  Test(const Network& network, const Gradients& gradients)
      : network_(network), gradients_(gradients) {
    result_.findings.resize(gradients.values.size());
    result_.coarseness.assign(gradients.values.size(), 0);
    for (const Tensor& gradient : gradients.values) {
      const double most = max_abs(gradient);
      largest_ = std::isfinite(most) ? std::max(largest_, most) : largest_;
    }
    opaque_ = !in_long_double(network.graph());
    for (const Network::Node& node : network.nodes()) {
      float32_ = float32_ || node.layer->backward_precision() == Precision::float32;
    }
  }

  /// What rounding does to a gradient under the upstreams that are compared.
  using Rounding = std::function<const Tensor&()>;

  /// `what` names the upstream; `size` is how large it is beside the one of `gradients`. Rounding
  /// need not be in proportion to an upstream, or to the gradient that large terms leave: it is
  /// measured before a gradient counts as wrong.
  void compare(ValueId id, const std::string& what, double size, const Tensor& found,
               const Tensor& expected, const Rounding& rounding) {
    const double most = max_abs(expected);
    const double coarse =
        float32_ ? std::min(granted_units * float32_epsilon * largest_, most_granted * most / size)
                 : 0;
    const double inside = std::max(granted_units * machine_epsilon<double>() * largest_, coarse);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double e = expected.data()[i], off = std::abs(found.data()[i] - e);
      const double granted =
          size * (2 * gradients_.perturbed[id].data()[i] + inside) + slack * std::abs(e);
      if (off <= granted || !std::isfinite(e)) {  // what is not finite never agrees anyway
        continue;
      }
      const double measured = size * gradients_.rounding[id].data()[i] + rounding().data()[i];
      if (off <= granted + 2 * measured) {
        continue;
      }
      if (opaque_ && off <= float32_inside * most) {
        double& coarseness = result_.coarseness[id];
        coarseness = std::abs(e) > telling * most ? std::max(coarseness, off / std::abs(e))
                                                  : std::max(coarseness, off / most);
      } else if (result_.findings[id].empty()) {
        result_.findings[id] = fmt::format(
            "with {}, the gradient{} is {:.8g} instead of {:.8g}: backward is not "
            "linear in its upstream",
            what, index_text(network_.value(id).shape, i), found.data()[i], e);
      }
    }
  }

  bool opaque() const { return opaque_; }
  Linearity take() { return std::move(result_); }

 private:
  const Network& network_;
  const Gradients& gradients_;
  Linearity result_;
  double largest_ = 0;
  bool opaque_ = false;
  bool float32_ = false;
};

void scale_upstream(Test& test, const Network& network, const EvaluationPoint& point,
                    const Gradients& gradients, double factor, const CheckOptions& options) {
  const auto times = [factor](double each) { return factor * each; };
  const Tensor upstream = map(gradients.upstream, times);
  const Values<double> there = backward<double>(network, point.values, network.loss(), upstream);
  std::optional<Gradients> measured;
  for (ValueId id = 0; id < there.size(); ++id) {
    const auto rounding = [&]() -> const Tensor& {
      if (!measured) {
        measured = analytic_gradients(network, point, network.loss(), upstream, options);
      }
      return measured->rounding[id];
    };
    test.compare(id, fmt::format("the upstream times {:g}", factor), std::abs(factor), there[id],
                 map(gradients.values[id], times), rounding);
  }
}

/// One layer, under its upstream, another one of the same size, and their sum.
void add_upstreams(Test& test, const Network::Node& node, const EvaluationPoint& point,
                   const Gradients& gradients, std::uint64_t seed) {
  const std::vector<const Tensor*> x = inputs_of(node.inputs, point.values);
  Tensors<double> first, second, sum, y;
  for (const ValueId id : node.outputs) {
    first.push_back(gradients.values[id]);
    const double size = std::exp2(std::round(std::log2(max_abs(first.back()))));
    second.push_back(map(upstream_for(shape_of(first.back()), seed + id, node.layer->precision()),
                         [size](double u) { return size * u; }));
    sum.push_back(map2(first.back(), second.back(), std::plus<double>()));
    y.push_back(point.values[id]);
  }
  const auto passed_on = [&](const Tensors<double>& dy) {
    return node.layer->backward(dy, Inputs<double>(x), y);
  };
  const Tensors<double> a = passed_on(first), b = passed_on(second), both = passed_on(sum);
  Tensors<double> measured;
  for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
    const auto rounding = [&]() -> const Tensor& {
      measured = measured.empty() ? backward_noise(node, point, sum, seed) : std::move(measured);
      return measured[slot];
    };
    if (node.layer->differentiable(slot)) {
      test.compare(node.inputs[slot], "the sum of two upstreams", 2, both[slot],
                   map2(a[slot], b[slot], std::plus<double>()), rounding);
    }
  }
}

}  // namespace

Linearity linearity_of(const Network& network, const EvaluationPoint& point,
                       const Gradients& gradients, const CheckOptions& options) {
  Test test(network, gradients);
  for (const double factor : {-3.0, 100.0}) {
    scale_upstream(test, network, point, gradients, factor, options);
  }
  for (const Network::Node& node : network.nodes()) {
    if (!node.layer->in_long_double()) {
      add_upstreams(test, node, point, gradients, options.seed);
    }
  }
  return test.take();
}

}  // namespace gradcheck
