#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <gradcheck/report/annotations.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

using Rank = Annotation::Rank;

/// An annotation tells this many wrong entries of a claim.
constexpr std::size_t told_findings = 5;

/// Not a number counts as the largest.
double order_of(double size) {
  return std::isnan(size) ? std::numeric_limits<double>::infinity() : size;
}

class Annotator {
 public:
  explicit Annotator(bool allow_inconclusive) : allow_inconclusive_(allow_inconclusive) {}

  void add(const CaseReport& report) {
    file_ = report.file;
    const std::size_t before = all_.errors.size();
    for (const CaseError& error : errors_of(report)) {
      add(all_.errors, Rank::error, error.line, error.column, report.id, error.message);
    }
    for (const TensorReport& tensor : report.tensors) {
      add(report, tensor);
    }
    for (const StatementReport& statement : report.derivation) {
      add(statement);
    }
    for (const ClaimReport& claim : report.claims) {
      add(claim);
    }
    if (all_.errors.size() == before && !passes(report, allow_inconclusive_)) {
      add_whole(report);
    }
  }

  Annotations take() { return std::move(all_); }

 private:
  void add(std::vector<Annotation>& kind, Rank rank, std::size_t line, std::size_t column,
           std::string title, std::string message, double size = 0) {
    kind.push_back({rank, size, file_, line, column, std::move(title), std::move(message)});
  }

  void add(const CaseReport& report, const TensorReport& tensor) {
    if (tensor.verdict == Verdict::agree) {
      return;
    }
    const bool open = tensor.verdict == Verdict::inconclusive;
    std::string message = worst_text(tensor);
    for (const std::string& more : {counts_text(tensor), tensor.reason}) {
      message += more.empty() ? "" : "\n" + more;
    }
    for (const Diagnosis& diagnosis : report.diagnosis) {
      message += diagnosis.tensor == tensor.name
                     ? "\n" + diagnosis_text(diagnosis, report.derivation)
                     : "";
    }
    add(open && allow_inconclusive_ ? all_.warnings : all_.errors,
        open ? Rank::inconclusive : Rank::disagree, tensor.line, tensor.column,
        fmt::format("gradient of {}: {}", tensor.name, to_string(tensor.verdict)), message,
        order_of(tensor.max_relative_error));
  }

  void add(const StatementReport& statement) {
    if (statement.stale_erratum) {
      add_stale("derivation." + statement.target, statement.line, statement.column);
    } else if (statement.verdict == StatementVerdict::disagree && !statement.erratum) {
      add(all_.errors, Rank::wrong_statement, statement.line, statement.column,
          statement.first_wrong ? "first wrong statement of the derivation" : "wrong statement",
          statement.statement + (statement.detail.empty() ? "" : "\n" + statement.detail),
          statement.first_wrong ? std::numeric_limits<double>::infinity()
                                : order_of(statement.max_relative_error));
    }
  }

  void add(const ClaimReport& claim) {
    add_findings(claim, ClaimVerdict::wrong, all_.errors, Rank::wrong_claim, "wrong claim");
    add_findings(claim, ClaimVerdict::last_digit, all_.notices, Rank::remark,
                 "claim off in its last digit");
    if (claim.stale_erratum) {
      add_stale(key_of(claim), claim.line, claim.column);
    }
  }

  void add_findings(const ClaimReport& claim, ClaimVerdict verdict, std::vector<Annotation>& kind,
                    Rank rank, const char* title) {
    std::string message;
    std::size_t found = 0;
    for (const Finding& finding : claim.findings) {
      if (finding.verdict == verdict && !finding.erratum && ++found <= told_findings) {
        message += (message.empty() ? "" : "\n") + finding_text(claim, finding);
      }
    }
    if (found > told_findings) {
      message += fmt::format("\nand {} more", count_text(found - told_findings));
    }
    if (found > 0) {
      add(kind, rank, claim.line, claim.column, title, message, static_cast<double>(found));
    }
  }

  void add_stale(const std::string& key, std::size_t line, std::size_t column) {
    add(all_.errors, Rank::stale, line, column, "stale erratum",
        key + " is listed under [errata], but it is right");
  }

  /// Of a case that fails for none of its parts.
  void add_whole(const CaseReport& report) {
    std::string message = report.only_zeros ? "every gradient is zero on both sides" : report.id;
    for (const Diagnosis& diagnosis : report.diagnosis) {
      message += "\n" + diagnosis_text(diagnosis, report.derivation);
    }
    add(all_.errors, Rank::inconclusive, 0, 0, to_string(report.verdict), message);
  }

  bool allow_inconclusive_;
  std::string file_;
  Annotations all_;
};

}  // namespace

Annotations annotations_of(const Report& report, bool allow_inconclusive) {
  Annotator annotator(allow_inconclusive);
  for (const CaseReport& one : report.cases) {
    annotator.add(one);
  }
  return annotator.take();
}

}  // namespace gradcheck
