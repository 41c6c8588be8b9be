#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <gradcheck/report/csv.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    return field;
  }
  std::string out = "\"";
  for (const char c : field) {
    out += c == '"' ? "\"\"" : std::string(1, c);
  }
  return out + "\"";
}

/// The first line on which something is wrong; 0 if there is none.
std::size_t first_wrong_line(const CaseReport& report) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t first = none;
  const auto consider = [&](bool wrong, std::size_t line) {
    first = wrong && line > 0 ? std::min(first, line) : first;
  };
  for (const CaseError& error : errors_of(report)) {
    consider(true, error.line);
  }
  for (const ClaimReport& claim : report.claims) {
    const bool wrong =
        std::any_of(claim.findings.begin(), claim.findings.end(), [](const Finding& finding) {
          return finding.verdict == ClaimVerdict::wrong && !finding.erratum;
        });
    consider(wrong || claim.stale_erratum, claim.line);
  }
  for (const StatementReport& statement : report.derivation) {
    const bool wrong = statement.first_wrong && !statement.erratum;
    consider(wrong || statement.stale_erratum, statement.line);
  }
  for (const TensorReport& tensor : report.tensors) {
    consider(tensor.verdict == Verdict::disagree, tensor.line);
  }
  return first == none ? 0 : first;
}

std::string line_of(const CaseReport& report) {
  std::size_t claims = 0, right = 0;
  for (const ClaimReport& claim : report.claims) {
    claims += claim.entries;
    right += claim.right;
  }
  double worst = 0;
  for (const TensorReport& tensor : report.tensors) {
    worst = std::max(worst, tensor.max_relative_error);
  }
  const std::size_t line = first_wrong_line(report);
  return fmt::format("{},{},{},{},{},{},{}\n", quoted(report.id), to_string(report.verdict),
                     line == 0 ? "" : std::to_string(line), claims, right, report.tensors.size(),
                     magnitude_text(worst));
}

}  // namespace

std::string to_csv(const Report& report) {
  std::string out =
      "case,verdict,first_wrong_line,claims,claims_right,tensors,worst_relative_error\n";
  for (const CaseReport& one : report.cases) {
    out += line_of(one);
  }
  return out;
}

}  // namespace gradcheck
