#include <algorithm>

#include <gradcheck/result/report.hpp>

namespace gradcheck {
namespace {

void add_verdict(Totals& totals, Verdict verdict) {
  switch (verdict) {
    case Verdict::agree:
      ++totals.agree;
      return;
    case Verdict::inconclusive:
      ++totals.inconclusive;
      return;
    case Verdict::disagree:
      ++totals.disagree;
      return;
    case Verdict::error:
      ++totals.errors;
      return;
  }
}

void add_claim(Totals& totals, const ClaimReport& claim) {
  totals.claims += claim.entries;
  for (const Finding& finding : claim.findings) {
    if (finding.verdict == ClaimVerdict::wrong) {
      ++(finding.erratum ? totals.errata : totals.wrong_claims);
    }
  }
}

void add_case(Totals& totals, const CaseReport& report) {
  ++totals.cases;
  add_verdict(totals, report.verdict);
  for (const ClaimReport& claim : report.claims) {
    add_claim(totals, claim);
  }
  for (const TensorReport& tensor : report.tensors) {
    totals.entries += tensor.entries;
  }
  totals.probes += report.probes;
}

}  // namespace

bool Report::agrees() const {
  return !cases.empty() && std::all_of(cases.begin(), cases.end(), [](const CaseReport& report) {
    return report.verdict == Verdict::agree;
  });
}

Totals Report::totals() const {
  Totals totals;
  for (const CaseReport& report : cases) {
    add_case(totals, report);
  }
  totals.seconds = seconds;
  return totals;
}

bool passes(const CaseReport& report, bool allow_inconclusive) {
  const bool waived = report.verdict == Verdict::inconclusive && allow_inconclusive &&
                      !report.only_zeros && !report.out_of_time;
  return report.verdict == Verdict::agree || waived;
}

const char* to_string(Way way) {
  switch (way) {
    case Way::shared:
      return "shared";
    case Way::entry_by_entry:
      return "entry by entry";
    case Way::plain:
      break;
  }
  return "plain";
}

const char* to_string(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::right:
      return "right";
    case ClaimVerdict::last_digit:
      return "last_digit";
    case ClaimVerdict::wrong:
      break;
  }
  return "wrong";
}

const char* to_string(StatementVerdict verdict) {
  switch (verdict) {
    case StatementVerdict::agree:
      return "agree";
    case StatementVerdict::inherited:
      return "inherited";
    case StatementVerdict::not_judged:
      return "not_judged";
    case StatementVerdict::disagree:
      break;
  }
  return "disagree";
}

}  // namespace gradcheck
