#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include <gradcheck/cases/case_rounding.hpp>
#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/judged_claims.hpp>
#include <gradcheck/cases/numeric_claims.hpp>
#include <gradcheck/cases/training.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

using Kind = Claim::Kind;

/// A claim's value worked out, and what would be right in its place.
struct Subject {
  Computed computed;
  Leeway leeway;
};

/// The names of a state for formulas, gathered when the first one is met.
class Names {
 public:
  explicit Names(const State& state) : state_(state) {}

  const Environment& get() {
    if (!names_) {
      names_ = environment_of(state_.network, state_.values, state_.long_values);
    }
    return *names_;
  }

 private:
  const State& state_;
  std::optional<Environment> names_;
};

/// The one-sided derivatives of the entries that reach a kink; `kinks` is read when they are asked
/// for.
DerivativesAt derivatives_at(Checker& checker, ValueId to, ValueId from,
                             const std::vector<bool>& kinks) {
  return [&checker, to, from, &kinks](std::size_t position) {
    const std::size_t n = kinks.size();
    return kinks[position % n]
               ? std::optional(checker.kink_interval(to, position / n, from, position % n))
               : std::nullopt;
  };
}

Selection joined(const std::vector<Part>& parts) {
  Selection selection{{}, positions_of(parts)};
  for (const Part& part : parts) {
    selection.shape.insert(selection.shape.end(), part.selection.shape.begin(),
                           part.selection.shape.end());
  }
  return selection;
}

bool updates(const PlannedClaim& plan) {
  return plan.claim->kind == Kind::updated || plan.claim->kind == Kind::change;
}

Tensor difference(const Tensor& a, const Tensor& b) {
  Tensor difference = a;
  for (std::size_t i = 0; i < difference.size(); ++i) {
    difference.data()[i] -= b.data()[i];
  }
  return difference;
}

/// Follows the training from state to state.
class ClaimJudge {
 public:
  ClaimJudge(const CaseFile& file, const std::vector<PlannedClaim>& plans,
             const CheckOptions& options, Checker& start,
             const std::map<ValueId, TensorCheck>& checked)
      : file_(file),
        plans_(plans),
        options_(options),
        checker_(start),
        checked_(checked),
        start_(initial_state(start.network())),
        rounding_(start_.network, file.update ? &*file.update : nullptr) {
    found_.claims.resize(plans.size());
    found_.judged.resize(plans.size());
  }

  JudgedClaims run() {
    for (const PlannedClaim& plan : plans_) {
      claimed_.insert(plan.steps);
    }
    judge(checker_, start_, start_);
    found_.mistakes.attempt([&] { train(); });
    return std::move(found_);
  }

 private:
  void train() {
    State before = start_, now = start_;
    while (now.steps < *claimed_.rbegin()) {
      before = std::move(now);
      now = next_state(before, *file_.update);
      judge_later(before, now);
    }
  }

  void judge_later(const State& before, const State& now) {
    if (!claimed_.contains(now.steps)) {
      return;
    }
    const std::unique_ptr<Checker> checker =
        after_steps(now.steps, [&] { return std::make_unique<Checker>(now.network, options_); });
    judge(*checker, before, now);
    found_.probes += checker->probes();
  }

  void judge(Checker& checker, const State& before, const State& now) {
    Names names_start(start_), names_before(before), names_now(now);
    scales_.clear();
    changes_.clear();
    roundings_.clear();
    made_.clear();
    for (std::size_t k = 0; k < plans_.size(); ++k) {
      const Kind kind = plans_[k].claim->kind;
      Names& names = kind == Kind::change    ? names_start
                     : kind == Kind::updated ? names_before
                                             : names_now;
      found_.judged[k] =
          found_.judged[k] || (plans_[k].steps == now.steps && found_.mistakes.attempt([&] {
            after_steps(now.steps, [&] { judge_one(k, checker, now, names); });
          }));
    }
  }

  void judge_one(std::size_t k, Checker& checker, const State& now, Names& named) {
    static const Environment none;
    const PlannedClaim& plan = plans_[k];
    const Environment& names = plan.claim->value.formula.empty() ? none : named.get();
    const Subject subject = subject_of(plan, checker, now);
    ClaimReport& report = found_.claims[k];
    report = judge_claim(*plan.claim, subject.computed, names,
                         {file_.tolerance, options_.rtol, file_.strict}, subject.leeway);
    report.steps = updates(plan) || plan.after ? plan.steps : 0;
    report.after = plan.after;
  }

  Subject subject_of(const PlannedClaim& plan, Checker& checker, const State& now) {
    switch (plan.claim->kind) {
      case Kind::jacobian:
        return jacobian(plan, checker, now.steps);
      case Kind::gradient:
        return gradient(plan, checker, now);
      case Kind::change:
        return change(plan, now);
      case Kind::numeric_gradient:
      case Kind::relative_error:
        return numeric(plan, now);
      default:
        return value(plan, now);
    }
  }

  /// The scale of a tensor is looked for once a state, however many keys claim parts of it.
  Computed computed(const Tensor& tensor, const PlannedClaim& plan,
                    std::vector<Shape> other_shapes = {}) {
    const auto [scale, is_new] = scales_.try_emplace(&tensor);
    if (is_new) {
      scale->second = max_abs(tensor);
    }
    return {&tensor, scale->second, joined(plan.parts), std::move(other_shapes)};
  }

  /// The rounding of what a claim is about, made once a state, however many keys claim parts of it.
  RoundingOf once(const PlannedClaim& plan, std::function<Tensor()> make) {
    const std::tuple about(plan.claim->kind, plan.parts.front().id, plan.parts.back().id);
    return [this, about, make = std::move(make)]() -> const Tensor& {
      const auto [place, is_new] = roundings_.try_emplace(about);
      if (is_new) {
        place->second = make();
      }
      return place->second;
    };
  }

  Subject value(const PlannedClaim& plan, const State& now) {
    const ValueId id = plan.parts[0].id;
    Leeway leeway;
    leeway.rounding =
        once(plan, [this, id, steps = now.steps] { return rounding_.of_value(id, steps); });
    return {computed(now.values[id], plan), std::move(leeway)};
  }

  Subject change(const PlannedClaim& plan, const State& now) {
    const ValueId id = plan.parts[0].id;
    Leeway leeway;
    leeway.rounding =
        once(plan, [this, id, steps = now.steps] { return rounding_.of_change(id, steps); });
    const auto [change, is_new] = changes_.try_emplace(id);
    if (is_new) {
      change->second = difference(now.values[id], start_.values[id]);
    }
    return {computed(change->second, plan), std::move(leeway)};
  }

  Subject numeric(const PlannedClaim& plan, const State& now) {
    const ValueId id = plan.parts[0].id;
    const DifferenceScheme& scheme = plan.claim->scheme;
    const bool relative = plan.claim->kind == Kind::relative_error;
    const std::vector<std::size_t> positions = positions_of(plan.parts);
    const Tensor quotients = difference_quotients(now, id, positions, scheme);
    Leeway leeway;
    leeway.rounding = [this, relative, id, &now, positions, quotients, scheme]() -> const Tensor& {
      const Tensor loss = rounding_.of_value(now.network.loss(), now.steps);
      const Tensor noise = full<double>(shape_of(quotients), loss.data()[0] / scheme.step);
      made_.push_back(relative ? relative_to(noise, now.gradients[id], quotients, positions)
                               : noise);
      return made_.back();
    };
    made_.push_back(relative ? relative_errors(now.gradients[id], quotients, positions)
                             : quotients);
    return {computed(made_.back(), plan), std::move(leeway)};
  }

  Subject gradient(const PlannedClaim& plan, Checker& checker, const State& now) {
    const ValueId id = plan.parts[0].id;
    const TensorCheck& check = compared_gradient(checker, id, now.steps);
    Leeway leeway;
    leeway.derivatives = derivatives_at(checker, checker.network().loss(), id, check.at_kink);
    leeway.rounding =
        once(plan, [this, id, steps = now.steps] { return rounding_.of_gradient(id, steps); });
    if (check.other_derivatives.empty()) {
      return {computed(now.gradients[id], plan), std::move(leeway)};
    }
    made_.push_back(now.gradients[id]);
    for (const auto& [entry, derivative] : check.other_derivatives) {
      made_.back().data()[entry] = derivative;
    }
    return {computed(made_.back(), plan), std::move(leeway)};
  }

  /// Each gradient is compared once a state, however many keys claim parts of it. One that is only
  /// claimed under [[claims.after]] is shown if it does not agree.
  const TensorCheck& compared_gradient(Checker& checker, ValueId id, std::size_t steps) {
    const auto known = checked_.find(id);
    if (steps == 0 && known != checked_.end()) {
      return known->second;
    }
    const auto [place, is_new] = gradients_.try_emplace({steps, id});
    const TensorReport& report = place->second.report;
    if (is_new) {
      place->second = checker.check(id);
    }
    if (is_new && report.verdict != Verdict::agree) {
      found_.tensors.push_back(report);
      found_.notes.push_back(steps_text(steps) + ", the gradient of " + report.name + ": " +
                             to_string(report.verdict));
    }
    return place->second;
  }

  Subject jacobian(const PlannedClaim& plan, Checker& checker, std::size_t steps) {
    const Part& y = plan.parts[0];
    const Part& x = plan.parts[1];
    const TensorCheck& check = located(plan.claim->at, [&]() -> const TensorCheck& {
      return compared_jacobian(checker, y.id, x.id, steps);
    });
    const Shape matrix{y.selection.positions.size(), x.selection.positions.size()};
    Leeway leeway;
    leeway.derivatives = derivatives_at(checker, y.id, x.id, check.at_kink);
    leeway.rounding = once(plan, [this, to = y.id, from = x.id, steps] {
      return rounding_.of_jacobian(to, from, steps);
    });
    return {computed(check.in_double ? *check.in_double : check.analytic, plan, {matrix}),
            std::move(leeway)};
  }

  /// Each Jacobian is compared once a state, however many keys claim parts of it.
  const TensorCheck& compared_jacobian(Checker& checker, ValueId y, ValueId x, std::size_t steps) {
    const auto as_gradient = checked_.find(x);
    if (steps == 0 && y == checker.network().loss() && as_gradient != checked_.end()) {
      return as_gradient->second;
    }
    const auto [place, is_new] = jacobians_.try_emplace({steps, {y, x}});
    if (is_new) {
      place->second = checker.check_jacobian(y, x);
      found_.tensors.push_back(jacobian_report(place->second, checker.network(), y, x));
      if (steps == 0) {
        found_.jacobians.emplace(std::pair(y, x), place->second);
      }
    }
    return place->second;
  }

  const CaseFile& file_;
  const std::vector<PlannedClaim>& plans_;
  const CheckOptions& options_;
  Checker& checker_;
  const std::map<ValueId, TensorCheck>& checked_;
  const State start_;
  CaseRounding rounding_;
  std::set<std::size_t> claimed_;  ///< the steps after which something is claimed
  std::map<std::pair<std::size_t, ValueId>, TensorCheck> gradients_;  ///< by steps and value
  std::map<std::pair<std::size_t, std::pair<ValueId, ValueId>>, TensorCheck> jacobians_;
  std::map<const Tensor*, double> scales_;  ///< of the tensors of this state
  std::map<ValueId, Tensor> changes_;       ///< since the start, at this state
  std::map<std::tuple<Kind, ValueId, ValueId>, Tensor> roundings_;  ///< at this state
  std::deque<Tensor> made_;                                         ///< for claims of this state
  JudgedClaims found_;
};

}  // namespace

TensorReport jacobian_report(const TensorCheck& check, const Network& network, ValueId to,
                             ValueId from) {
  TensorReport report = check.report;
  report.name = network.value(to).name + "/" + network.value(from).name;
  report.shape = shape_of(check.analytic);
  return report;
}

JudgedClaims judge_claims(const CaseFile& file, const std::vector<PlannedClaim>& plans,
                          const CheckOptions& options, Checker& start,
                          const std::map<ValueId, TensorCheck>& checked) {
  return plans.empty() ? JudgedClaims{} : ClaimJudge(file, plans, options, start, checked).run();
}

}  // namespace gradcheck
