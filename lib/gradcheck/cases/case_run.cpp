#include <algorithm>
#include <cmath>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/claim_subjects.hpp>
#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/cases/training.hpp>
#include <gradcheck/check/coverage.hpp>
#include <gradcheck/check/degenerate_points.hpp>

namespace gradcheck {

namespace {

using Kind = Claim::Kind;

/// The claims that speak of one state of the network.
struct ClaimsAt {
  std::size_t steps = 0;
  bool after = false;
  const std::vector<Claim>* claims = nullptr;
};

/// Runs one case from its file to its report, step by step.
class CaseRun {
 public:
  CaseRun(const CaseFile& file, const CheckOptions& options) : file_(file), options_(options) {
    options_.rtol = file.settings.rtol.value_or(options.rtol);
    options_.step = options.step ? options.step : file.settings.step;
    if (!options.method && file.settings.method) {
      options_.method = *file.settings.method == "forward" ? Method::forward : Method::central;
    }
    outcome_.network = network_of(file);
    outcome_.report.title = file.title;
    outcome_.report.source = file.source;
  }

  CaseOutcome run() {
    require_scalar_loss_for_gradients();
    Checker checker(outcome_.network, options_);
    outcome_.values = checker.values();
    check_tensors(checker);
    judge_claims(checker);
    if (file_.derivation) {
      outcome_.report.derivation =
          check_derivation(*file_.derivation, checker, outcome_.checked, options_);
    }
    apply_errata(file_.errata, places_, outcome_.report.claims, outcome_.report.derivation);
    outcome_.report.probes += checker.probes();
    conclude();
    state_coverage();
    return std::move(outcome_);
  }

 private:
  const Network& network() const { return outcome_.network; }

  void require_scalar_loss_for_gradients() const {
    const Value& loss = network().value(network().loss());
    if (entries_of(loss.shape) == 1) {
      return;
    }
    const auto refuse = [&](Position at, const std::string& what) {
      throw LocatedError(at, what + " need a loss that is a single number, but '" + loss.name +
                                 "' has shape " + to_string(loss.shape) +
                                 "; use [claims.jacobian], or end the network in a scalar");
    };
    const auto gradient = [](const Claim& claim) { return claim.kind == Kind::gradient; };
    if (const auto claim = std::ranges::find_if(file_.claims, gradient);
        claim != file_.claims.end()) {
      refuse(claim->at, "gradient claims");
    }
    if (file_.derivation) {
      refuse(file_.derivation->at, "derivations");
    }
    if (file_.update) {
      refuse(file_.update->at, "updates");
    }
  }

  void check_tensors(Checker& checker) {
    const std::vector<bool> needed = upstream_values(network().graph(), network().loss());
    for (const ValueId id : checked_values(file_, network(), options_.all_values)) {
      TensorCheck check = checker.check(id);
      outcome_.report.tensors.push_back(
          checker.scalar_loss() ? check.report
                                : jacobian_report(check, network(), network().loss(), id));
      if (!check.note.empty()) {
        note(check.note);
      }
      if (!needed[id]) {
        note("the loss does not depend on " + check.report.name + ": its gradient is zero");
      } else if (all_zero(check.report)) {
        note("every gradient of " + check.report.name + " is zero on both sides");
      }
      outcome_.checked.emplace(id, std::move(check));
    }
  }

  static bool all_zero(const TensorReport& report) {
    return report.verdict == Verdict::agree && report.entries > 0 &&
           report.unresolved == report.entries;
  }

  void note(std::string text) { outcome_.report.notes.push_back(std::move(text)); }

  void judge_claims(Checker& checker) {
    std::vector<ClaimsAt> groups;
    const std::size_t all_steps = file_.update ? file_.update->steps : 0;
    std::vector<Claim> first, last;
    for (const Claim& claim : file_.claims) {
      const bool of_update = claim.kind == Kind::updated || claim.kind == Kind::change;
      if (of_update && !file_.update) {
        throw LocatedError(
            claim.at,
            "'" + claim.key + "' claims a result of an update, expected an [update] table");
      }
      (of_update ? last : first).push_back(claim);
    }
    groups.push_back({0, false, &first});
    groups.push_back({all_steps, false, &last});
    for (const ClaimsAfter& after : file_.after) {
      if (!file_.update) {
        throw LocatedError(after.at, "claims after a step need an [update] table");
      }
      groups.push_back({after.steps, true, &after.claims});
    }
    follow_training(checker, groups);
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) {
      return std::pair(lines_[a].line, lines_[a].column) <
             std::pair(lines_[b].line, lines_[b].column);
    });
    put_in_order();
  }

  /// Goes through the states in order of their steps and judges what is claimed of each.
  void follow_training(Checker& checker, const std::vector<ClaimsAt>& groups) {
    std::size_t last = 0;
    for (const ClaimsAt& group : groups) {
      last = std::max(last, group.claims->empty() ? 0 : group.steps);
    }
    const State start = initial_state(network());
    State before = start, now = start;
    for (std::size_t steps = 0;; ++steps) {
      for (const ClaimsAt& group : groups) {
        if (group.steps == steps) {
          judge_group(checker, group, start, before, now);
        }
      }
      if (steps == last) {
        return;
      }
      before = now;
      now = next_state(before, *file_.update);
    }
  }

  void judge_group(Checker& checker, const ClaimsAt& group, const State& start, const State& before,
                   const State& now) {
    if (group.claims->empty()) {
      return;
    }
    if (group.steps == 0) {
      judge_at(checker, group, start, before, now);
      return;
    }
    Checker here(now.network, options_);
    judge_at(here, group, start, before, now);
    outcome_.report.probes += here.probes();
  }

  void judge_at(Checker& checker, const ClaimsAt& group, const State& start, const State& before,
                const State& now) {
    const ClaimedState state{checker, start, now, group.steps, group.after};
    for (const Claim& claim : *group.claims) {
      const ClaimSubject subject = subjects_.of(claim, state);
      const State& named = formula_state(claim.kind, start, before, now);
      const Environment names = environment_of(named.network, named.values, named.long_values);
      ClaimReport report = judge_claim(claim, subject.computed, names,
                                       {file_.tolerance, options_.rtol}, subject.slopes);
      const bool of_update = claim.kind == Kind::updated || claim.kind == Kind::change;
      report.steps = of_update || group.after ? group.steps : 0;
      report.after = group.after;
      outcome_.report.claims.push_back(std::move(report));
      places_.push_back(subject.place);
      order_.push_back(order_.size());
      lines_.push_back(claim.at);
    }
  }

  /// The state whose values a formula's names stand for, so that a rule can be written as it
  /// stands: what an update starts from.
  static const State& formula_state(Kind kind, const State& start, const State& before,
                                    const State& now) {
    return kind == Kind::change ? start : kind == Kind::updated ? before : now;
  }

  /// Claims in the order of the file, whatever state they speak of.
  void put_in_order() {
    std::vector<ClaimReport> claims;
    std::vector<ClaimPlace> places;
    for (const std::size_t k : order_) {
      claims.push_back(std::move(outcome_.report.claims[k]));
      places.push_back(std::move(places_[k]));
    }
    outcome_.report.claims = std::move(claims);
    places_ = std::move(places);
  }

  void conclude() {
    CaseReport& report = outcome_.report;
    bool zeros = true;
    for (const TensorReport& tensor : report.tensors) {
      report.verdict = graver(report.verdict, tensor.verdict);
      zeros = zeros && all_zero(tensor);
    }
    for (const ClaimReport& claim : report.claims) {
      const bool wrong = std::ranges::any_of(claim.findings, [](const Finding& finding) {
        return finding.verdict == ClaimVerdict::wrong && !finding.erratum;
      });
      report.verdict =
          graver(report.verdict, wrong || claim.stale_erratum ? Verdict::disagree : Verdict::agree);
    }
    for (const StatementReport& statement : report.derivation) {
      const bool wrong = statement.verdict == StatementVerdict::disagree && !statement.erratum;
      report.verdict = graver(
          report.verdict, wrong || statement.stale_erratum ? Verdict::disagree : Verdict::agree);
    }
    if (report.tensors.empty()) {
      throw LocatedError(file_.network.at,
                         "there is nothing to compare: no parameter, input or claimed gradient");
    }
    if (zeros && !claims_gradients()) {
      report.only_zeros = true;
      report.verdict = graver(report.verdict, Verdict::inconclusive);
      note(
          "every gradient is zero on both sides, so nothing was compared that could have been "
          "wrong; claim the zeros "
          "under [claims.gradient] if they are meant, or choose another point");
    }
  }

  void state_coverage() {
    const std::vector<ValueId> checked = checked_values(file_, network(), options_.all_values);
    outcome_.report.coverage = coverage_text(network(), checked, outcome_.report.tensors);
    outcome_.report.degenerate = degenerate_points(network(), outcome_.values, checked);
  }

  bool claims_gradients() const {
    return !outcome_.report.derivation.empty() ||
           std::ranges::any_of(outcome_.report.claims, [](const ClaimReport& claim) {
             return claim.kind == "gradient" || claim.kind == "jacobian";
           });
  }

  const CaseFile& file_;
  CheckOptions options_;
  CaseOutcome outcome_;
  ClaimSubjects subjects_{outcome_};
  std::vector<ClaimPlace> places_;
  std::vector<Position> lines_;
  std::vector<std::size_t> order_;
};

}  // namespace

CaseOutcome check_case(const CaseFile& file, const CheckOptions& options) {
  return CaseRun(file, options).run();
}

}  // namespace gradcheck
