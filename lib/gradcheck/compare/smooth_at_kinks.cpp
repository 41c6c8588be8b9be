#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/compare/smooth_at_kinks.hpp>
#include <gradcheck/numeric/derivative/sides.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// One-sided quotients are formed at these parts of an entry's scale.
constexpr double first_step = 0x1p-14;
constexpr int steps = 6;
/// Derivatives that differ by less than this part of them are one.
constexpr long double apart = 1e-5L;
/// Entries of a tensor that are looked at: each takes two evaluations of what is behind it, and
/// ten more where both sides meet.
constexpr std::size_t most_looked_at = 8;

/// An element as a function of how far its entry is moved.
class MovedElement {
 public:
  MovedElement(const Network& network, const EvaluationPoint& point, const JacobianElement& element)
      : network_(network),
        element_(element),
        nodes_(nodes_between(network.graph(), element.from, element.to)),
        values_(point.values),
        at_(point.values[element.from].data()[element.entry]),
        y_(point.values[element.to].data()[element.output]),
        rounding_(point.rounding_errors[element.to].data()[element.output]) {
    const double typical = typical_size<double>(point.values[element.from]);
    const double size = at_ != 0 ? std::abs(at_) : typical;
    scale_ = size > 0 ? size : 1;
  }

  /// The quotients of one side, largest step first; fewer where forward refuses.
  std::vector<Quotient> side(int count, double sign) {
    std::vector<Quotient> quotients;
    for (int k = 0; k < count; ++k) {
      const double step = scale_ * std::ldexp(first_step, -k);
      const std::optional<double> there = moved(sign * step);
      if (!there || !std::isfinite(*there)) {
        break;
      }
      const long double made = std::abs((at_ + sign * step) - at_);
      const long double rise = static_cast<long double>(*there) - y_;
      quotients.push_back({made, sign * rise / made, 2 * rounding_ / made});
    }
    return quotients;
  }

 private:
  std::optional<double> moved(double by) {
    values_[element_.from].data()[element_.entry] = at_ + by;
    try {
      for (const std::size_t k : nodes_) {
        const Network::Node& node = network_.nodes()[k];
        const std::vector<const Tensor*> x = inputs_of(node.inputs, values_);
        Tensors<double> y = node.layer->forward(Inputs<double>(x));
        for (std::size_t i = 0; i < y.size(); ++i) {
          values_[node.outputs[i]] = std::move(y[i]);
        }
      }
    } catch (const Error&) {
      return std::nullopt;
    }
    return values_[element_.to].data()[element_.output];
  }

  const Network& network_;
  JacobianElement element_;
  std::vector<std::size_t> nodes_;
  Values<double> values_;
  double at_;
  double y_;
  double rounding_;
  double scale_;
};

bool meet(const Quotient& left, const Quotient& right) {
  const long double size = std::max(std::abs(left.derivative), std::abs(right.derivative));
  const long double bent = 4 * first_step * size;  // by as much as a smooth function may
  return std::abs(left.derivative - right.derivative) <= left.rounding + right.rounding + bent;
}

}  // namespace

std::optional<Interval> smooth_derivative(const Network& network, const EvaluationPoint& point,
                                          const JacobianElement& element) {
  MovedElement moved(network, point, element);
  const std::vector<Quotient> below = moved.side(1, -1), above = moved.side(1, 1);
  if (below.empty() || above.empty() || !meet(below[0], above[0])) {
    return std::nullopt;
  }
  const std::vector<Quotient> left = moved.side(steps, -1), right = moved.side(steps, 1);
  if (left.size() < steps || right.size() < steps) {
    return std::nullopt;
  }
  const Sides sides = sides_of(left, right);
  const long double bound = sides.left.bound() + sides.right.bound();
  const long double value = (sides.left.value + sides.right.value) / 2;
  if (sides.feature != Feature::smooth || !(bound <= apart * std::abs(value)) ||
      std::abs(sides.left.value - sides.right.value) > bound + apart * std::abs(value)) {
    return std::nullopt;
  }
  return Interval{static_cast<double>(value - bound), static_cast<double>(value + bound)};
}

void find_other_derivatives(const Network& network, const EvaluationPoint& point, ValueId to,
                            ValueId from, TensorCheck& check) {
  std::size_t looked_at = 0;
  check.other_derivatives.clear();
  for (std::size_t i = 0; i < check.at_kink.size() && looked_at < most_looked_at; ++i) {
    if (!check.at_kink[i] || check.verdicts[i] != Verdict::agree) {
      continue;
    }
    ++looked_at;
    const std::optional<Interval> derivative = smooth_derivative(network, point, {to, 0, from, i});
    const double analytic = check.analytic.data()[i];
    const double value = derivative ? (derivative->low + derivative->high) / 2 : analytic;
    if (std::abs(value - analytic) > 2 * static_cast<double>(apart) * std::abs(value)) {
      check.other_derivatives[i] = value;
    }
  }
  if (!check.other_derivatives.empty() && check.note.empty()) {
    const auto& [entry, value] = *check.other_derivatives.begin();
    check.note = fmt::format(
        "{}{}: {:.6g} is what one side of a kink gives, not the derivative: the function is "
        "smooth there, and its derivative is {:.6g}",
        check.report.name, index_text(check.report.shape, entry), check.analytic.data()[entry],
        value);
  }
}

}  // namespace gradcheck
