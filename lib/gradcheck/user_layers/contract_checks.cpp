#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <gradcheck/analytic/analytic.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/adapted_layer.hpp>
#include <gradcheck/user_layers/call_auditor.hpp>
#include <gradcheck/user_layers/contract_checks.hpp>
#include <gradcheck/user_layers/layer_run.hpp>

namespace gradcheck {

namespace {

/// Runs that are compared to see noise.
constexpr int repeats = 4;
/// Differences between runs of more than this are no noise, but beyond what backward may lack of
/// linearity; float32 has sums of 1e-7 of their own.
constexpr double largest_noise = 1e-11;
constexpr double largest_noise_float32 = 1e-4;
/// Sums over rows in another order: so much of the largest entry.
constexpr double reordering = 1e-12;
constexpr double reordering_float32 = 1e-5;
/// Of the largest entry: what a batch may add up otherwise; a point taken for another is far off.
constexpr double batched = 1e-3;
/// So much noisier than what was seen in a few runs others may be.
constexpr double noise_factor = 16;

/// The same numbers in another order and a little smaller: other values in the same domain.
Tensor other_values(const Tensor& x) {
  Tensor other = x;
  std::reverse(other.storage().begin(), other.storage().end());
  for (double& each : entries(other)) {
    each *= 0.875;
  }
  return other;
}

/// Known numbers that no gradient happens to be; as large as the gradient itself where that is
/// large, which must not absorb them.
Tensor marks(const Shape& shape, const Tensor& gradient) {
  const double largest = max_abs(gradient);
  const double size = std::isfinite(largest) ? std::max(1.0, largest) : 1;
  Tensor t = empty<double>(shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = size * (1 + static_cast<double>(i % 97) / 64);
  }
  return t;
}

class Probes {
 public:
  Probes(UserLayer& layer, const Tensors<double>& x, const LayerClaims& claims, std::uint64_t seed)
      : layer_(layer),
        x_(x),
        claims_(claims),
        single_(layer.precision() == Precision::float32),
        seed_(seed) {}

  Hygiene run() {
    parameters_ = parameters();
    warm_up();
    dy_ = upstreams(run_forward(layer_, x_));
    first_ = run_layer(layer_, x_, dy_);
    require_unchanged_parameters();
    repeat();
    if (found_.deterministic) {
      interleave();
      backward_twice();
      hold_marks();
      if (claims_.independent_rows) {
        split_rows();
      }
      if (layer_.batches()) {
        compare_batch();
      }
    }
    restore();
    for (LayerFinding& finding : layer_.take_findings()) {
      found_.findings.push_back(std::move(finding));
    }
    return std::move(found_);
  }

 private:
  void find(std::string text, bool breaks_contract) {
    found_.findings.push_back({std::move(text), breaks_contract});
  }

  double tolerance() const { return noise_factor * found_.noise; }
  double sum_tolerance() const { return tolerance() + (single_ ? reordering_float32 : reordering); }

  Tensors<double> parameters() const {
    Tensors<double> values;
    for (std::size_t k = 0; k < layer_.parameter_names().size(); ++k) {
      values.push_back(layer_.parameter(k));
    }
    return values;
  }

  void restore() {
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      layer_.set_parameter(k, parameters_[k]);
    }
  }

  Tensors<double> upstreams(const Tensors<double>& y) const {
    Tensors<double> dy;
    for (std::size_t k = 0; k < y.size(); ++k) {
      dy.push_back(upstream_for(shape_of(y[k]), seed_ + k));
    }
    return dy;
  }

  /// Other values come first: a layer that never lets go of its first ones then fails everything
  /// that follows.
  void warm_up() {
    try {
      const Tensors<double> other = other_inputs();
      run_layer(layer_, other, upstreams(run_forward(layer_, other)));
    } catch (const Error&) {
      // These inputs were not the user's: what they do not suit says nothing.
    }
    restore();
  }

  void require_unchanged_parameters() {
    const Tensors<double> after = parameters();
    for (std::size_t k = 0; k < after.size(); ++k) {
      if (!identical(after[k], parameters_[k])) {
        find("forward or backward changes the parameter " + layer_.parameter_names()[k] +
                 ", expected it unchanged",
             true);
      }
    }
    restore();
  }

  /// The same calls again: the same results, or nearly.
  void repeat() {
    const double limit = single_ ? largest_noise_float32 : largest_noise;
    for (int k = 1; k < repeats; ++k) {
      const auto apart = difference_between(layer_, first_, run_layer(layer_, x_, dy_), 0);
      if (apart && apart->relative > limit) {
        found_.deterministic = false;
        find("the same calls again give another result: " + apart->text +
                 "; freeze or seed what is random (before_forward)",
             true);
        return;
      }
      found_.noise = std::max(found_.noise, apart ? apart->relative : 0);
    }
    if (found_.noise > 0) {
      find(fmt::format(
               "results differ from run to run by up to {:.1e} of the largest entry, which is "
               "taken for noise",
               found_.noise),
           false);
    }
  }

  Tensors<double> other_inputs() const {
    Tensors<double> other = x_;
    for (std::size_t k = 0; k < other.size(); ++k) {
      if (layer_.differentiable(k)) {
        other[k] = other_values(other[k]);
      }
    }
    return other;
  }

  /// Other values in between, against a layer that never saw any.
  void interleave() {
    const Tensors<double> other = other_inputs();
    try {
      run_layer(layer_, other, dy_);
      compare_with_first("after a forward with other values in between, ");
      compare_with_fresh(x_);
      compare_with_fresh(other);
    } catch (const Error&) {
      // These inputs were not the user's: what they do not suit says nothing.
    }
    restore();
  }

  void compare_with_fresh(const Tensors<double>& x) {
    const std::unique_ptr<UserLayer> fresh = layer_.fork();
    if (!fresh) {
      return;
    }
    const LayerRun wanted = run_layer(*fresh, x, dy_);
    if (const auto apart =
            difference_between(layer_, wanted, run_layer(layer_, x, dy_), tolerance())) {
      find("it keeps something of an earlier call; a fresh layer, then this one: " + apart->text,
           true);
    }
  }

  void compare_with_first(const std::string& when) {
    const LayerRun again = run_layer(layer_, x_, dy_);
    if (const auto apart = difference_between(layer_, first_, again, tolerance())) {
      find(when + "the same calls give another result: " + apart->text, true);
    }
  }

  void backward_twice() {
    const Tensors<double> y = run_forward(layer_, x_);
    LayerRun once = run_backward(layer_, dy_);
    try {
      const LayerRun twice = run_backward(layer_, dy_);
      if (const auto apart = difference_between(layer_, once, twice, tolerance())) {
        find("backward called twice on one forward gives another result: " + apart->text, true);
      }
    } catch (const Error& error) {
      find(std::string("backward cannot be called twice on one forward: ") + error.what(), false);
    }
  }

  /// What becomes of numbers that the gradients of parameters held before.
  void hold_marks() {
    if (parameters_.empty()) {
      return;
    }
    Tensors<double> held;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      held.push_back(marks(shape_of(parameters_[k]), first_.dparams[k]));
    }
    const LayerRun run = run_layer(layer_, x_, dy_, held);
    bool assigned = false;
    bool added = false;
    for (std::size_t k = 0; k < held.size(); ++k) {
      judge_marks(k, run.dparams[k], held[k], assigned, added);
    }
    if (assigned && added && claims_.contract == BackwardContract::unknown) {
      find("backward assigns the gradients of some parameters and adds to those of others", false);
    }
    if (assigned && !added) {
      hold_nan();
    }
  }

  void judge_marks(std::size_t k, const Tensor& seen, const Tensor& held, bool& assigned,
                   bool& added) {
    const Tensor& wanted = first_.dparams[k];
    if (shape_of(seen) != shape_of(held) || shape_of(wanted) != shape_of(held)) {
      return;  // the comparison of gradients says so
    }
    const std::string name = layer_.parameter_names()[k];
    const double slack = (sum_tolerance()) * (1 + max_abs(wanted));
    std::size_t over = 0, onto = 0, neither = 0, first_kept = seen.size();
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const double s = seen.data()[i], w = wanted.data()[i], h = held.data()[i];
      const bool sum = std::abs(s - (w + h)) <= slack;
      over += std::abs(s - w) <= slack ? 1 : 0;
      onto += sum ? 1 : 0;
      neither += std::abs(s - w) > slack && !sum ? 1 : 0;
      if (sum && first_kept == seen.size()) {
        first_kept = i;
      }
    }
    assigned = assigned || (over > 0 && onto == 0);
    added = added || onto == seen.size();
    if (neither > 0) {
      find(fmt::format("the gradient of {} depends on what it held before, in {} of {} entries",
                       name, neither, seen.size()),
           true);
    } else if (over > 0 && onto > 0) {
      find(fmt::format("backward does not write {} of {} entries of the gradient of {}, such as "
                       "{}{}",
                       onto, seen.size(), name, name, index_text(shape_of(seen), first_kept)),
           true);
    } else {
      judge_contract(name, onto == seen.size() && seen.size() > 0);
    }
  }

  void judge_contract(const std::string& name, bool adds) {
    if (claims_.contract == BackwardContract::assigns && adds) {
      find("backward adds to the gradient of " + name + ", declared to assign it", true);
    }
    if (claims_.contract == BackwardContract::adds && !adds) {
      find("backward assigns the gradient of " + name + ", declared to add to it", true);
    }
  }

  void hold_nan() {
    Tensors<double> held = zero_gradients(layer_);
    for (Tensor& each : held) {
      std::ranges::fill(entries(each), std::nan(""));
    }
    const LayerRun run = run_layer(layer_, x_, dy_, held);
    for (std::size_t k = 0; k < held.size(); ++k) {
      if (all_finite(first_.dparams[k]) && !all_finite(run.dparams[k])) {
        find("backward reads the gradient of " + layer_.parameter_names()[k] +
                 " before it writes it: a NaN in it stays",
             true);
      }
    }
  }

  /// Several points at once give what each gives by itself.
  void compare_batch() {
    const std::vector<Tensors<double>> points{x_, other_inputs()};
    std::vector<Tensors<double>> alone;
    try {
      for (const Tensors<double>& point : points) {
        alone.push_back(run_forward(layer_, point));
      }
    } catch (const Error&) {
      return;  // the other numbers were not the user's: what they do not suit says nothing
    }
    const auto together =
        guarded_call(layer_.name(), "forward_batch", [&] { return layer_.forward_batch(points); });
    for (std::size_t k = 0; k < points.size(); ++k) {
      if (const auto apart =
              difference_between(layer_, {alone[k], {}, {}}, {together.at(k), {}, {}}, batched)) {
        find("forward_batch gives another result than forward: " + apart->text, true);
      }
    }
  }

  std::size_t rows() const {
    for (std::size_t k = 0; k < x_.size(); ++k) {
      if (layer_.differentiable(k) && x_[k].dimension() > 0) {
        return x_[k].shape()[0];
      }
    }
    return 0;
  }

  static Tensors<double> row_of(const Tensors<double>& all, std::size_t n, std::size_t count) {
    Tensors<double> out;
    for (const Tensor& t : all) {
      if (t.dimension() == 0 || t.shape()[0] != count) {
        out.push_back(t);
        continue;
      }
      Shape shape = shape_of(t);
      shape[0] = 1;
      const std::size_t size = t.size() / count;
      out.push_back(tensor_of(shape, entries(t).subspan(n * size, size)));
    }
    return out;
  }

  /// Each row alone gives its row of the batch's results.
  void split_rows() {
    const std::size_t count = rows();
    if (count < 2) {
      return;
    }
    Tensors<double> summed = zero_gradients(layer_);
    for (std::size_t n = 0; n < count; ++n) {
      LayerRun alone = run_layer(layer_, row_of(x_, n, count), row_of(dy_, n, count));
      for (std::size_t k = 0; k < summed.size(); ++k) {
        summed[k] += alone.dparams[k];
      }
      alone.dparams.clear();
      const LayerRun part{row_of(first_.y, n, count), row_of(first_.dx, n, count), {}};
      if (const auto apart = difference_between(layer_, alone, part, sum_tolerance())) {
        find(fmt::format("rows are not independent: for row {} alone, then in the batch of {}, {}",
                         n, count, apart->text),
             true);
        return;
      }
    }
    if (const auto apart = difference_between(layer_, {{}, {}, summed}, {{}, {}, first_.dparams},
                                              sum_tolerance())) {
      find("rows are not independent: summed over rows alone, then in the batch, " + apart->text,
           true);
    }
  }

  UserLayer& layer_;
  const Tensors<double>& x_;
  const LayerClaims& claims_;
  bool single_;
  std::uint64_t seed_;
  Tensors<double> parameters_;
  Tensors<double> dy_;
  LayerRun first_;
  Hygiene found_;
};

}  // namespace

Hygiene check_contract(UserLayer& layer, const Tensors<double>& x, const LayerClaims& claims,
                       std::uint64_t seed) {
  return Probes(layer, x, claims, seed).run();
}

}  // namespace gradcheck
