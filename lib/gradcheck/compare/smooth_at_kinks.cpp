#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

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

/// An output as a function of how far one entry of an earlier value is moved.
class MovedOutput {
 public:
  MovedOutput(const Network& network, const EvaluationPoint& point, ValueId to, std::size_t output,
              ValueId from)
      : network_(network),
        point_(point),
        to_(to),
        output_(output),
        from_(from),
        nodes_(nodes_between(network.graph(), from, to)),
        typical_(typical_size<double>(point.values[from])) {
    moved_[from] = point.values[from];
  }

  /// The quotients of one side, largest step first; fewer where forward refuses.
  std::vector<Quotient> side(std::size_t entry, int count, double sign) {
    const double x = point_.values[from_].data()[entry];
    const double size = x != 0 ? std::abs(x) : typical_;
    const long double y = point_.values[to_].data()[output_];
    const long double rounding = point_.rounding_errors[to_].data()[output_];
    std::vector<Quotient> quotients;
    for (int k = 0; k < count; ++k) {
      const double step = (size > 0 ? size : 1) * std::ldexp(first_step, -k);
      const std::optional<double> there = with(entry, x + sign * step);
      if (!there || !std::isfinite(*there)) {
        break;
      }
      const long double made = std::abs((x + sign * step) - x);
      quotients.push_back({made, sign * (*there - y) / made, 2 * rounding / made});
    }
    return quotients;
  }

 private:
  /// None where a layer refuses that.
  std::optional<double> with(std::size_t entry, double position) {
    double& x = moved_[from_].data()[entry];
    const double before = std::exchange(x, position);
    std::optional<double> there;
    try {
      evaluate();
      there = value(to_).data()[output_];
    } catch (const Error&) {
      there.reset();
    }
    x = before;
    return there;
  }

  void evaluate() {
    for (const std::size_t k : nodes_) {
      const Network::Node& node = network_.nodes()[k];
      std::vector<const Tensor*> x;
      for (const ValueId input : node.inputs) {
        x.push_back(&value(input));
      }
      Tensors<double> y = node.layer->forward(Inputs<double>(x));
      for (std::size_t i = 0; i < y.size(); ++i) {
        moved_[node.outputs[i]] = std::move(y[i]);
      }
    }
  }

  const Tensor& value(ValueId id) const {
    const auto moved = moved_.find(id);
    return moved == moved_.end() ? point_.values[id] : moved->second;
  }

  const Network& network_;
  const EvaluationPoint& point_;
  ValueId to_;
  std::size_t output_;
  ValueId from_;
  std::vector<std::size_t> nodes_;
  double typical_;
  std::map<ValueId, Tensor> moved_;  ///< and what depends on it
};

bool meet(const Quotient& left, const Quotient& right) {
  const long double size = std::max(std::abs(left.derivative), std::abs(right.derivative));
  const long double bent = 4 * first_step * size;  // by as much as a smooth function may
  return std::abs(left.derivative - right.derivative) <= left.rounding + right.rounding + bent;
}

std::optional<Interval> smooth_derivative(MovedOutput& moved, std::size_t entry) {
  const std::vector<Quotient> below = moved.side(entry, 1, -1), above = moved.side(entry, 1, 1);
  if (below.empty() || above.empty() || !meet(below[0], above[0])) {
    return std::nullopt;
  }
  const std::vector<Quotient> left = moved.side(entry, steps, -1);
  const std::vector<Quotient> right = moved.side(entry, steps, 1);
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

}  // namespace

std::optional<Interval> smooth_derivative(const Network& network, const EvaluationPoint& point,
                                          const JacobianElement& element) {
  MovedOutput moved(network, point, element.to, element.output, element.from);
  return smooth_derivative(moved, element.entry);
}

void find_other_derivatives(const Network& network, const EvaluationPoint& point, ValueId to,
                            ValueId from, TensorCheck& check) {
  std::optional<MovedOutput> moved;
  std::size_t looked_at = 0;
  check.other_derivatives.clear();
  for (std::size_t i = 0; i < check.at_kink.size() && looked_at < most_looked_at; ++i) {
    if (!check.at_kink[i] || check.verdicts[i] != Verdict::agree) {
      continue;
    }
    ++looked_at;
    if (!moved) {
      moved.emplace(network, point, to, 0, from);
    }
    const std::optional<Interval> derivative = smooth_derivative(*moved, i);
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
