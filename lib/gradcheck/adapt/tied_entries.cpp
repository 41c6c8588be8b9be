#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <gradcheck/adapt/layer_run.hpp>
#include <gradcheck/adapt/tied_entries.hpp>
#include <gradcheck/check/analytic.hpp>
#include <gradcheck/layers/accurate_sum.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

constexpr std::size_t most_groups = 16;
/// Of the largest input: with central differences over h and h/2, extrapolated, about 1e-10 is
/// left.
constexpr double relative_step = 0x1p-13;
/// A sum of gradients may be off by this share of their sizes: far above what the difference errs,
/// far below a gradient that was given twice.
constexpr double tolerance = 1e-5;
constexpr double tolerance_float32 = 1e-2;

struct Entry {
  std::size_t input;
  std::size_t flat;
};
using Group = std::vector<Entry>;

class TieProbe {
 public:
  TieProbe(UserLayer& layer, const Tensors<double>& x, std::uint64_t seed) : layer_(layer), x_(x) {
    const Tensors<double> y = run_forward(layer, x);
    for (std::size_t k = 0; k < y.size(); ++k) {
      dy_.push_back(upstream_for(shape_of(y[k]), seed + k));
    }
    dx_ = run_layer(layer, x, dy_).dx;
    for (std::size_t k = 0; k < x.size(); ++k) {
      place_.push_back(differentiable_before(k));
    }
    share_ = layer.precision() == Precision::float32 ? tolerance_float32 : tolerance;
  }

  std::vector<LayerFinding> run() {
    std::vector<LayerFinding> findings;
    for (const Group& group : groups()) {
      if (const std::optional<std::string> text = judge(group)) {
        findings.push_back({*text, true});
      }
    }
    return findings;
  }

 private:
  std::size_t differentiable_before(std::size_t input) const {
    std::size_t count = 0;
    for (std::size_t k = 0; k < input; ++k) {
      count += layer_.differentiable(k) ? 1 : 0;
    }
    return count;
  }

  /// Entries of equal value, the largest groups first.
  std::vector<Group> groups() const {
    std::map<double, Group> by_value;
    for (std::size_t k = 0; k < x_.size(); ++k) {
      for (std::size_t i = 0; layer_.differentiable(k) && i < x_[k].size(); ++i) {
        by_value[x_[k].data()[i]].push_back({k, i});
      }
    }
    std::vector<Group> tied;
    for (auto& [value, group] : by_value) {
      if (group.size() > 1) {
        tied.push_back(std::move(group));
      }
    }
    std::ranges::stable_sort(tied, std::greater<>{}, &Group::size);
    tied.resize(std::min(tied.size(), most_groups));
    return tied;
  }

  /// Σ U · y with the group moved.
  double loss(const Group& group, double by) {
    Tensors<double> moved = x_;
    for (const Entry& entry : group) {
      moved[entry.input].data()[entry.flat] += by;
    }
    const Tensors<double> y = run_forward(layer_, moved);
    AccurateSum<double> sum;
    for (std::size_t k = 0; k < y.size(); ++k) {
      for (std::size_t i = 0; i < y[k].size(); ++i) {
        sum.add(dy_[k].data()[i] * y[k].data()[i]);
      }
    }
    return sum.value();
  }

  double scale() const {
    double largest = 0;
    for (std::size_t k = 0; k < x_.size(); ++k) {
      largest = layer_.differentiable(k) ? std::max(largest, max_abs(x_[k])) : largest;
    }
    return largest > 0 ? largest : 1;
  }

  /// What is wrong with the group's gradients, if anything.
  std::optional<std::string> judge(const Group& group) {
    double sum = 0, size = 0;
    for (const Entry& entry : group) {
      const double gradient = dx_.at(place_[entry.input]).data()[entry.flat];
      sum += gradient;
      size += std::abs(gradient);
    }
    const std::optional<double> slope = smooth_slope(group, size);
    if (!slope || std::abs(*slope - sum) <= share_ * std::max(size, std::abs(*slope))) {
      return std::nullopt;
    }
    return fmt::format(
        "{} entries of the inputs are tied at {:g}: moved together, they change the outputs at a "
        "rate of {:.6g} under the upstream U, but their gradients sum up to {:.6g}",
        group.size(), x_[group[0].input].data()[group[0].flat], *slope, sum);
  }

  std::optional<double> smooth_slope(const Group& group, double size) {
    const double h = relative_step * scale();
    try {
      const double here = loss(group, 0), above = loss(group, h), below = loss(group, -h);
      const double half = (loss(group, h / 2) - loss(group, -h / 2)) / h;
      const double left = (here - below) / h, right = (above - here) / h;
      const double whole = (above - below) / (2 * h);
      const double slope = (4 * half - whole) / 3;
      const double near = 1e-2 * std::max(size, std::abs(slope));
      const bool smooth = std::abs(left - right) <= near && std::abs(half - whole) <= near * 1e-3;
      return smooth && std::isfinite(slope) ? std::optional(slope) : std::nullopt;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  UserLayer& layer_;
  const Tensors<double>& x_;
  Tensors<double> dy_;
  Tensors<double> dx_;
  std::vector<std::size_t> place_;  ///< of each input among those with a gradient
  double share_ = tolerance;
};

}  // namespace

std::vector<LayerFinding> probe_ties(UserLayer& layer, const Tensors<double>& x,
                                     std::uint64_t seed) {
  return TieProbe(layer, x, seed).run();
}

}  // namespace gradcheck
