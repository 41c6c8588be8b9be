#include <algorithm>
#include <cmath>
#include <iterator>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/case_rounding.hpp>
#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/derivation.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/cases/judged_claims.hpp>
#include <gradcheck/check/coverage.hpp>
#include <gradcheck/check/degenerate_points.hpp>
#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/tensor/budget.hpp>

namespace gradcheck {

namespace {

/// What an entry of a value takes, in bytes: some dozen copies in two precisions, and as much of a
/// Jacobian. Measured (sum(outer(x, x)), 25 million entries).
constexpr double bytes_of_value = 128;
constexpr double bytes_of_jacobian = 128;

/// Runs one case from its file to its report, step by step.
class CaseRun {
 public:
  CaseRun(ReadCase& read, const CheckOptions& options, const LayerLibrary& library)
      : read_(read), file_(read.file), options_(options) {
    options_.rtol = file_.settings.rtol.value_or(options.rtol);
    options_.step = options.step ? options.step : file_.settings.step;
    if (!options.method && file_.settings.method) {
      options_.method = *file_.settings.method == "forward" ? Method::forward : Method::central;
    }
    if (file_.settings.precision == Precision::float32) {
      options_.analytic_precision = Precision::float32;
      note("gradients were calculated in float32, each value rounded to it");
    }
    outcome_.network = network_of(read_, library);
    mistakes_ = read_.mistakes;
    outcome_.report.title = file_.title;
    outcome_.report.source = file_.source;
  }

  CaseOutcome run() {
    if (!mistakes_.attempt([&] { judge(); })) {
      mistakes_.throw_any();
    }
    return std::move(outcome_);
  }

 private:
  void judge() {
    require_scalar_loss_for_gradients();
    plans_ = plan_claims(file_, network(), mistakes_);
    std::erase_if(plans_, [&](const PlannedClaim& plan) { return !can_be_judged(plan); });
    ids_ = planned_values();
    require_memory_for(ids_);
    Checker checker(outcome_.network, options_);
    check_tensors(checker, ids_);
    diagnose_tensors(checker);
    append(judge_claims(file_, plans_, options_, checker, outcome_.checked));
    judge_derivation(checker);
    mark_errata();
    outcome_.report.probes += checker.probes();
    outcome_.values = std::move(checker).values();
    conclude();
    state_coverage();
  }

  bool is_unread(const char* key) const { return read_.unread.contains(key); }

  bool can_be_judged(const PlannedClaim& plan) const {
    return plan.claim->judged && !is_unread("claims") && !(is_unread("update") && plan.steps > 0);
  }

  const Network& network() const { return outcome_.network; }

  void require_scalar_loss_for_gradients() const {
    const Value& loss = network().value(network().loss());
    if (entries_of(loss.shape) == 1) {
      return;
    }
    Mistakes mistakes;
    const auto refuse = [&](Position at, const std::string& what) {
      mistakes.add({at, what + " need a loss that is a single number, but '" + loss.name +
                            "' has shape " + to_string(loss.shape) +
                            "; use [claims.jacobian], or end the network in a scalar"});
    };
    const auto gradient = [](const Claim& claim) {
      return claim.kind == Claim::Kind::gradient || claim.kind == Claim::Kind::numeric_gradient ||
             claim.kind == Claim::Kind::relative_error;
    };
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
    mistakes.throw_any();
  }

  /// What is to be checked. Refused before anything is evaluated if that would be too large.
  std::vector<ValueId> planned_values() {
    const ValueId loss = network().loss();
    std::vector<ValueId> ids = checked_values(file_, network(), options_.all_values, mistakes_);
    for (const ValueId id : ids) {
      require_jacobian(network(), loss, id, network().value(loss).at);
    }
    return ids;
  }

  /// What a check of these values keeps at once: of each value, and of each Jacobian.
  void require_memory_for(const std::vector<ValueId>& ids) const {
    const auto entries = [&](ValueId id) {
      return static_cast<double>(entries_of(network().value(id).shape));
    };
    double bytes = 0;
    for (ValueId id = 0; id < network().values().size(); ++id) {
      bytes += bytes_of_value * entries(id);
    }
    if (entries(network().loss()) != 1) {
      for (const ValueId id : ids) {
        bytes += bytes_of_jacobian * entries(id) * entries(network().loss());
      }
    }
    require_memory(bytes);
  }

  void check_tensors(Checker& checker, const std::vector<ValueId>& ids) {
    const std::vector<bool> needed = upstream_values(network().graph(), network().loss());
    const Position at = network().value(network().loss()).at;
    for (const ValueId id : ids) {
      TensorCheck check = located(at, [&] { return checker.check(id); });
      accept_rounded_zero(checker, id, check);
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

  /// A gradient that is zero to within the rounding of what it was computed from counts as a zero:
  /// the decimals of a file seldom hit it exactly (sin'(pi / 2), a least-squares optimum).
  void accept_rounded_zero(const Checker& checker, ValueId id, TensorCheck& check) {
    TensorReport& report = check.report;
    if (report.verdict != Verdict::inconclusive || report.unresolved != report.entries ||
        !checker.scalar_loss()) {
      return;
    }
    const Tensor rounding = CaseRounding(network(), nullptr).of_gradient(id, 0);
    for (std::size_t i = 0; i < rounding.size(); ++i) {
      const double seen = std::max(std::abs(check.analytic.data()[i]),
                                   std::abs(check.numeric.data()[i]) - check.bound.data()[i]);
      if (!(seen <= rounding.data()[i])) {
        return;
      }
    }
    report.verdict = Verdict::agree;
    report.reason.clear();
    report.inconclusive = 0;
    std::ranges::fill(check.verdicts, Verdict::agree);
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
    mistakes_.add(found.mistakes);
    std::vector<PlannedClaim> judged;
    for (std::size_t k = 0; k < plans_.size(); ++k) {
      if (found.judged[k]) {
        judged.push_back(plans_[k]);
        report.claims.push_back(std::move(found.claims[k]));
      }
    }
    plans_ = std::move(judged);
    report.probes += found.probes;
    outcome_.jacobians = std::move(found.jacobians);
    std::ranges::move(found.tensors, std::back_inserter(report.tensors));
    std::ranges::move(found.notes, std::back_inserter(report.notes));
  }

  void judge_derivation(Checker& checker) {
    if (!file_.derivation || is_unread("derivation")) {
      return;
    }
    CaseReport& report = outcome_.report;
    mistakes_.attempt([&] {
      CaseRounding rounding(network(), nullptr);
      CheckedDerivation found =
          check_derivation(*file_.derivation, checker, outcome_.checked, rounding,
                           {file_.derivation_as_printed, file_.derivation_rtol}, options_);
      mistakes_.add(found.mistakes);
      report.derivation = std::move(found.statements);
      report.helpers = std::move(found.helpers);
      std::ranges::move(found.diagnosis, std::back_inserter(report.diagnosis));
      std::ranges::move(found.notes, std::back_inserter(report.notes));
    });
  }

  /// An erratum may name what another mistake left out, so it is only judged without any.
  void mark_errata() {
    Mistakes of_errata;
    apply_errata(file_.errata, plans_, outcome_.report.claims, outcome_.report.derivation,
                 of_errata);
    if (mistakes_.all().empty()) {
      mistakes_.add(of_errata);
    }
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

  void state_mistakes() {
    CaseReport& report = outcome_.report;
    std::vector<LocatedError> all = mistakes_.all();
    std::ranges::stable_sort(
        all, {}, [](const LocatedError& one) { return std::pair(one.at.line, one.at.column); });
    for (const LocatedError& one : all) {
      const CaseError error{one.what(), one.at.line, one.at.column};
      if (report.error) {
        report.more_errors.push_back(error);
      } else {
        report.error = error;
      }
    }
    report.verdict = report.error ? Verdict::error : report.verdict;
  }

  void conclude() {
    CaseReport& report = outcome_.report;
    if (report.tensors.empty() && mistakes_.all().empty()) {
      throw LocatedError(file_.network.at,
                         "there is nothing to compare: no parameter, input or claimed gradient");
    }
    state_mistakes();
    for (const TensorReport& tensor : report.tensors) {
      report.verdict = graver(report.verdict, tensor.verdict);
    }
    const auto is_wrong = [](const auto& judged) { return wrong(judged); };
    if (std::ranges::any_of(report.claims, is_wrong) ||
        std::ranges::any_of(report.derivation, is_wrong)) {
      report.verdict = graver(report.verdict, Verdict::disagree);
    }
    if (!report.error && std::ranges::all_of(report.tensors, all_zero) && !claims_gradients()) {
      report.only_zeros = true;
      report.verdict = graver(report.verdict, Verdict::inconclusive);
      note(
          "every gradient is zero on both sides, so nothing was compared that could have been "
          "wrong; claim the zeros under [claims.gradient] if they are meant, or choose another "
          "point");
    }
  }

  void state_coverage() {
    outcome_.report.coverage = coverage_text(network(), ids_, outcome_.report.tensors);
    outcome_.report.degenerate = degenerate_points(network(), outcome_.values, ids_);
  }

  bool claims_gradients() const {
    return !outcome_.report.derivation.empty() ||
           std::ranges::any_of(outcome_.report.claims, [](const ClaimReport& claim) {
             return claim.kind == "gradient" || claim.kind == "jacobian";
           });
  }

  ReadCase& read_;
  const CaseFile& file_;
  CheckOptions options_;
  CaseOutcome outcome_;
  std::vector<PlannedClaim> plans_;  ///< those that could be judged
  std::vector<ValueId> ids_;         ///< of the values that are checked
  Mistakes mistakes_;                ///< that leave the rest of the file to be judged
};

}  // namespace

CaseOutcome check_case(ReadCase read, const CheckOptions& options, const LayerLibrary& library) {
  return CaseRun(read, options, library).run();
}

CaseOutcome check_case(const CaseFile& file, const CheckOptions& options,
                       const LayerLibrary& library) {
  return check_case(ReadCase{file, {}, {}, {}}, options, library);
}

}  // namespace gradcheck
