#include <algorithm>
#include <iterator>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/cases/judged_claims.hpp>
#include <gradcheck/check/coverage.hpp>
#include <gradcheck/check/degenerate_points.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

/// Runs one case from its file to its report, step by step.
class CaseRun {
 public:
  CaseRun(const CaseFile& file, const CheckOptions& options, const LayerLibrary& library)
      : file_(file), options_(options) {
    options_.rtol = file.settings.rtol.value_or(options.rtol);
    options_.step = options.step ? options.step : file.settings.step;
    if (!options.method && file.settings.method) {
      options_.method = *file.settings.method == "forward" ? Method::forward : Method::central;
    }
    if (file.settings.precision == Precision::float32) {
      options_.analytic_precision = Precision::float32;
      note("gradients were calculated in float32, each value rounded to it");
    }
    outcome_.network = network_of(file, library);
    outcome_.report.title = file.title;
    outcome_.report.source = file.source;
  }

  CaseOutcome run() {
    require_scalar_loss_for_gradients();
    const std::vector<PlannedClaim> plans = plan_claims(file_, network());
    const std::vector<ValueId> ids = planned_values();
    Checker checker(outcome_.network, options_);
    outcome_.values = checker.values();
    check_tensors(checker, ids);
    diagnose_tensors(checker);
    append(judge_claims(file_, plans, options_, checker, outcome_.checked));
    if (file_.derivation) {
      append(check_derivation(*file_.derivation, checker, outcome_.checked, options_));
    }
    apply_errata(file_.errata, plans, outcome_.report.claims, outcome_.report.derivation);
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
    const auto gradient = [](const Claim& claim) { return claim.kind == Claim::Kind::gradient; };
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

  /// What is to be checked. Refused before anything is evaluated if that would be too large.
  std::vector<ValueId> planned_values() const {
    const ValueId loss = network().loss();
    std::vector<ValueId> ids = checked_values(file_, network(), options_.all_values);
    for (const ValueId id : ids) {
      require_jacobian(network(), loss, id, network().value(loss).at);
    }
    return ids;
  }

  void check_tensors(Checker& checker, const std::vector<ValueId>& ids) {
    const std::vector<bool> needed = upstream_values(network().graph(), network().loss());
    const Position at = network().value(network().loss()).at;
    for (const ValueId id : ids) {
      TensorCheck check = located(at, [&] { return checker.check(id); });
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

  void diagnose_tensors(const Checker& checker) {
    DiagnosisResult result = diagnose(checker, outcome_.checked, options_);
    outcome_.report.diagnosis = std::move(result.diagnosis);
    outcome_.report.probes += result.probes;
  }

  static bool all_zero(const TensorReport& report) {
    return report.verdict == Verdict::agree && report.entries > 0 &&
           report.unresolved == report.entries;
  }

  void note(std::string text) { outcome_.report.notes.push_back(std::move(text)); }

  void append(JudgedClaims found) {
    CaseReport& report = outcome_.report;
    report.claims = std::move(found.claims);
    report.probes += found.probes;
    outcome_.jacobians = std::move(found.jacobians);
    std::ranges::move(found.tensors, std::back_inserter(report.tensors));
    std::ranges::move(found.notes, std::back_inserter(report.notes));
  }

  void append(CheckedDerivation found) {
    CaseReport& report = outcome_.report;
    report.derivation = std::move(found.statements);
    std::ranges::move(found.diagnosis, std::back_inserter(report.diagnosis));
  }

  static bool wrong(const ClaimReport& claim) {
    return claim.stale_erratum || std::ranges::any_of(claim.findings, [](const Finding& finding) {
             return finding.verdict == ClaimVerdict::wrong && !finding.erratum;
           });
  }

  static bool wrong(const StatementReport& statement) {
    return statement.stale_erratum ||
           (statement.verdict == StatementVerdict::disagree && !statement.erratum);
  }

  void conclude() {
    CaseReport& report = outcome_.report;
    if (report.tensors.empty()) {
      throw LocatedError(file_.network.at,
                         "there is nothing to compare: no parameter, input or claimed gradient");
    }
    for (const TensorReport& tensor : report.tensors) {
      report.verdict = graver(report.verdict, tensor.verdict);
    }
    const auto is_wrong = [](const auto& judged) { return wrong(judged); };
    if (std::ranges::any_of(report.claims, is_wrong) ||
        std::ranges::any_of(report.derivation, is_wrong)) {
      report.verdict = graver(report.verdict, Verdict::disagree);
    }
    if (std::ranges::all_of(report.tensors, all_zero) && !claims_gradients()) {
      report.only_zeros = true;
      report.verdict = graver(report.verdict, Verdict::inconclusive);
      note(
          "every gradient is zero on both sides, so nothing was compared that could have been "
          "wrong; claim the zeros under [claims.gradient] if they are meant, or choose another "
          "point");
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
};

}  // namespace

CaseOutcome check_case(const CaseFile& file, const CheckOptions& options,
                       const LayerLibrary& library) {
  return CaseRun(file, options, library).run();
}

}  // namespace gradcheck
