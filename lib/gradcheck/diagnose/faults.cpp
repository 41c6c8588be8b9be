#include <algorithm>
#include <cmath>

#include <gradcheck/diagnose/faults.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

/// A layer is differentiated on its own up to this many entries moved times entries answered.
constexpr double most_work = 5e8;
/// A second look for what is too small for rtol within a layer, and shows behind a cancellation.
constexpr double strict_rtol = 1e-9;

/// What is sharp enough to tell patterns apart, relative to an entry; and up to how many entries
/// are made so.
constexpr double sharp = 1e-8;
constexpr std::size_t most_sharpened = 16384;

/// The way back from the loss, with every gradient put right.
class FaultSearch {
 public:
  FaultSearch(const Checker& checker, const std::vector<ValueId>& wrong,
              const CheckOptions& options)
      : checker_(checker), network_(checker.network()), options_(options) {
    options_.step.reset();
    options_.method.reset();
    suspect_.resize(network_.nodes().size());
    varies_.resize(network_.values().size());
    for (const ValueId id : wrong) {
      const std::vector<bool> reached = downstream_nodes(network_.graph(), id);
      varies_[id] = true;
      for (std::size_t k = 0; k < reached.size(); ++k) {
        suspect_[k] = suspect_[k] || reached[k];
        for (const ValueId output : network_.nodes()[k].outputs) {
          varies_[output] = varies_[output] || reached[k];
        }
      }
    }
  }

  Faults run() {
    for (const Value& value : network_.values()) {
      right_.push_back(zeros<double>(value.shape));
    }
    right_[network_.loss()] = checker_.gradients()[network_.loss()];
    const std::vector<bool> needed = upstream_values(network_.graph(), network_.loss());
    for (std::size_t k = network_.nodes().size(); k-- > 0;) {
      const bool used = std::ranges::any_of(network_.nodes()[k].outputs,
                                            [&](ValueId output) { return needed[output]; });
      if (used && suspect_[k]) {
        pass_back(k);
      }
    }
    return std::move(faults_);
  }

 private:
  void pass_back(std::size_t node) {
    const Network::Node& at = network_.nodes()[node];
    Tensors<double> upstream;
    for (const ValueId output : at.outputs) {
      upstream.push_back(right_[output]);
    }
    const Tensors<double> dx =
        right_gradients(node, place_of(checker_, node, std::move(upstream), options_.seed));
    for (std::size_t slot = 0; slot < at.inputs.size(); ++slot) {
      Tensor& sum = right_[at.inputs[slot]];
      for (std::size_t i = 0; at.layer->differentiable(slot) && i < sum.size(); ++i) {
        sum.data()[i] += dx[slot].data()[i];
      }
    }
  }

  /// The layer's own gradients, or the numeric ones where those are wrong.
  Tensors<double> right_gradients(std::size_t node, const Place& place) {
    std::vector<const Tensor*> x;
    for (const Tensor& each : place.x) {
      x.push_back(&each);
    }
    Tensors<double> dx = place.layer->backward(place.dy, Inputs<double>(x), place.y);
    if (work_of(place) > most_work || all_zero(place.dy, dx)) {
      return dx;
    }
    try {
      compare(node, place, dx);
    } catch (const Error&) {
      // A layer that cannot be evaluated on its own is passed over.
    }
    return dx;
  }

  static double work_of(const Place& place) {
    double moved = 0, answered = 0;
    for (std::size_t k = 0; k < place.x.size(); ++k) {
      moved += place.layer->differentiable(k) ? static_cast<double>(place.x[k].size()) : 0;
    }
    for (const Tensor& y : place.y) {
      answered += static_cast<double>(y.size());
    }
    return moved * answered;
  }

  static bool all_zero(const Tensors<double>& dy, const Tensors<double>& dx) {
    const auto zero = [](const Tensor& t) { return max_abs(t) == 0; };
    return std::ranges::all_of(dy, zero) && std::ranges::all_of(dx, zero);
  }

  void compare(std::size_t node, const Place& place, Tensors<double>& dx) {
    const LocalNetwork local = local_network(place);
    Checker checker(local.network, options_, &checker_);
    std::vector<std::pair<std::size_t, TensorCheck>> wrong;
    std::vector<Tensor> numeric(place.x.size());
    for (std::size_t slot = 0; slot < place.x.size(); ++slot) {
      if (!place.layer->differentiable(slot) || !varies_[network_.nodes()[node].inputs[slot]]) {
        continue;
      }
      TensorCheck check = checker.check(local.inputs[slot]);
      numeric[slot] = check.numeric;
      if (check.report.verdict == Verdict::disagree) {
        wrong.emplace_back(slot, std::move(check));
      }
    }
    faults_.probes += checker.probes();
    for (auto& [slot, check] : wrong) {
      dx[slot] = all_finite(check.numeric) ? check.numeric : dx[slot];
      const Tensor& rounding = checker.roundings()[local.inputs[slot]];
      faults_.found.push_back(
          {node,
           place,
           {check.analytic, check.numeric, check.bound, rounding, options_.rtol},
           numeric,
           check.report.reason});
      faults_.found.back().place.slot = slot;
      sharpen(faults_.found.back());
    }
  }

  /// A comparison stops where a disagreement is sure. To tell patterns apart takes better values.
  static void sharpen(Fault& fault) {
    if (!fault.place.layer->in_long_double()) {
      return;
    }
    LocalGradient gradient(fault.place);
    const std::vector<std::size_t> wrong = disagreeing_entries(fault.seen);
    if (gradient.on_kink() || wrong.size() > most_sharpened) {
      return;
    }
    for (const std::size_t i : wrong) {
      double& numeric = fault.seen.numeric.data()[i];
      double& bound = fault.seen.bound.data()[i];
      if (!(bound > sharp * std::abs(numeric))) {
        continue;
      }
      const Foretold better = gradient.at(i);
      if (std::isfinite(better.value) && better.bound < bound) {
        numeric = better.value;
        bound = better.bound;
      }
    }
  }

  const Checker& checker_;
  const Network& network_;
  CheckOptions options_;
  std::vector<bool> suspect_;  ///< by node: whether a wrong value's gradient comes through it
  std::vector<bool> varies_;   ///< by value: whether it is a wrong one, or follows from one
  Values<double> right_;
  Faults faults_;
};

}  // namespace

Place place_of(const Checker& checker, std::size_t node, Tensors<double> upstream,
               std::uint64_t seed) {
  const Network::Node& at = checker.network().nodes()[node];
  Place place{at.layer, {}, {}, {}, std::move(upstream), 0, seed};
  for (const ValueId input : at.inputs) {
    const Value& value = checker.network().value(input);
    place.names.push_back(value.name.empty() ? value.expression : value.name);
    place.x.push_back(checker.values()[input]);
  }
  for (const ValueId output : at.outputs) {
    place.y.push_back(checker.values()[output]);
  }
  return place;
}

Faults find_faults(const Checker& checker, const std::vector<ValueId>& wrong,
                   const CheckOptions& options) {
  if (wrong.empty()) {
    return {};
  }
  Faults faults = FaultSearch(checker, wrong, options).run();
  if (faults.found.empty() && options.rtol > strict_rtol) {
    CheckOptions strict = options;
    strict.rtol = strict_rtol;
    Faults second = FaultSearch(checker, wrong, strict).run();
    second.probes += faults.probes;
    return second;
  }
  return faults;
}

}  // namespace gradcheck
