#include <array>
#include <cmath>
#include <optional>

#include <gradcheck/compare/infinite_derivatives.hpp>
#include <gradcheck/numeric/point/sizes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// Steps as parts of an entry's scale, and how much quotients grow from each to the next. Over
/// these, those of ln x at 0, which grow most slowly, do so twice as much.
constexpr std::array<double, 3> steps{0x1p-10, 0x1p-28, 0x1p-46};
constexpr double growth = 1.25;
/// Entries of a layer's input that are looked at.
constexpr std::size_t most_looked_at = 8;

/// One layer of a network at its point.
class LocalDerivatives {
 public:
  LocalDerivatives(const Network::Node& node, const Values<double>& values)
      : node_(node), x_(inputs_of(node.inputs, values)) {
    for (const ValueId output : node.outputs) {
      y_.push_back(values[output]);
    }
  }

  /// Whether the derivative by an entry of an input is infinite.
  bool is_infinite(std::size_t slot, std::size_t entry) const {
    return grows(slot, entry, 1) || grows(slot, entry, -1);
  }

  /// Whether it is, by any entry of which backward has none.
  bool any_is_infinite() const {
    std::size_t looked_at = 0;
    const Tensors<double> dx = own_gradients();
    for (std::size_t slot = 0; slot < dx.size(); ++slot) {
      for (std::size_t i = 0; node_.layer->differentiable(slot) && i < dx[slot].size(); ++i) {
        if (std::isfinite(dx[slot].data()[i])) {
          continue;
        }
        if (is_infinite(slot, i)) {
          return true;
        }
        if (++looked_at == most_looked_at) {
          return false;
        }
      }
    }
    return false;
  }

  std::string text() const {
    return "the derivative of " + node_text(node_.layer->name(), node_.at) +
           " is infinite at this point; move the point away from it";
  }

 private:
  Tensors<double> own_gradients() const {
    Tensors<double> upstream;
    for (const Tensor& y : y_) {
      upstream.push_back(full<double>(shape_of(y), 1));
    }
    return node_.layer->backward(upstream, Inputs<double>(x_), y_);
  }

  bool grows(std::size_t slot, std::size_t entry, double sign) const {
    const Tensor& x = *x_[slot];
    const double typical = scale_of<double>(x);
    const double own = std::abs(x.data()[entry]);
    const double scale = own > 0 ? own : typical > 0 ? typical : 1;
    double before = 0;
    for (const double step : steps) {
      const std::optional<double> quotient = quotient_at(slot, entry, sign * step * scale);
      if (!quotient || !(*quotient > growth * before)) {
        return false;
      }
      before = *quotient;
    }
    return true;
  }

  /// Of all outputs, in size.
  std::optional<double> quotient_at(std::size_t slot, std::size_t entry, double step) const {
    Tensor moved = *x_[slot];
    moved.data()[entry] += step;
    std::vector<const Tensor*> x = x_;
    x[slot] = &moved;
    try {
      const Tensors<double> y = node_.layer->forward(Inputs<double>(x));
      double rise = 0;
      for (std::size_t k = 0; k < y.size(); ++k) {
        for (std::size_t i = 0; i < y[k].size(); ++i) {
          rise += std::abs(y[k].data()[i] - y_[k].data()[i]);
        }
      }
      return std::isfinite(rise) ? std::optional(rise / std::abs(step)) : std::nullopt;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  const Network::Node& node_;
  std::vector<const Tensor*> x_;
  Tensors<double> y_;
};

/// Why there is no derivative by an entry; empty if none is seen to be infinite.
std::string why_infinite(const Network& network, const Values<double>& values,
                         const std::vector<std::size_t>& nodes, ValueId from, std::size_t entry,
                         bool finite) {
  for (const std::size_t k : nodes) {
    const Network::Node& node = network.nodes()[k];
    const LocalDerivatives local(node, values);
    bool infinite = !finite && local.any_is_infinite();
    for (std::size_t slot = 0; finite && slot < node.inputs.size(); ++slot) {
      infinite = infinite || (node.inputs[slot] == from && node.layer->differentiable(slot) &&
                              local.is_infinite(slot, entry));
    }
    if (infinite) {
      return local.text();
    }
  }
  return "";
}

}  // namespace

void excuse_infinite_derivatives(const Network& network, const Values<double>& values,
                                 ValueId target, ValueId from, TensorCheck& check) {
  TensorReport& report = check.report;
  const std::size_t entries = entries_of(report.shape);
  if (report.verdict != Verdict::disagree || check.verdicts.size() != check.analytic.size()) {
    return;
  }
  const std::vector<std::size_t> nodes = nodes_between(network.graph(), from, target);
  bool excused = false;
  std::optional<std::string> why_not_finite;  // the same for all such entries
  for (std::size_t place = 0; place < check.verdicts.size(); ++place) {
    if (check.verdicts[place] != Verdict::disagree) {
      continue;
    }
    const bool finite = std::isfinite(check.analytic.data()[place]);
    if (!finite && !why_not_finite) {
      why_not_finite = why_infinite(network, values, nodes, from, place % entries, finite);
    }
    const std::string why =
        finite ? why_infinite(network, values, nodes, from, place % entries, finite)
               : *why_not_finite;
    if (why.empty()) {
      return;
    }
    excused = true;
    check.verdicts[place] = Verdict::inconclusive;
    report.reason = why;
    --report.disagreeing;
    ++report.inconclusive;
  }
  if (excused && report.disagreeing == 0) {
    report.verdict = Verdict::inconclusive;
  }
}

}  // namespace gradcheck
