#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {

std::string index_text(const std::vector<std::size_t>& index) {
  return index.empty() ? "" : fmt::format("[{}]", fmt::join(index, ", "));
}

std::string place_of(std::string_view file, std::size_t line, std::size_t column) {
  return line == 0 ? std::string(file) : fmt::format("{}:{}:{}", file, line, column);
}

std::vector<CaseError> errors_of(const CaseReport& report) {
  std::vector<CaseError> all = report.more_errors;
  if (report.error) {
    all.insert(all.begin(), *report.error);
  } else if (report.verdict == Verdict::error) {
    all.push_back({"could not be checked", 0, 0});
  }
  return all;
}

std::string error_line(std::string_view file, const CaseError& error) {
  return fmt::format("{}: error: {}", place_of(file, error.line, error.column),
                     printable(error.message));
}

std::string key_of(const ClaimReport& claim) {
  const std::string state = claim.after ? fmt::format("after[{}].", claim.steps) : "";
  return fmt::format("{}{}.{}", state, claim.kind, claim.name);
}

std::string finding_text(const ClaimReport& claim, const Finding& finding) {
  if (!finding.index) {
    return fmt::format("{} prints shape {}, computed shape {}", key_of(claim), finding.printed,
                       finding.computed_text);
  }
  const std::string computed =
      finding.computed_text.empty() ? number_text(finding.computed, 10) : finding.computed_text;
  return fmt::format("{}{} prints {}, computed {}{}{}", key_of(claim), index_text(*finding.index),
                     finding.printed, computed, finding.remark.empty() ? "" : "; ", finding.remark);
}

std::string worst_text(const TensorReport& tensor) {
  const EntryReport& worst = tensor.worst;
  const auto [analytic, numeric] = told_apart(worst.analytic, worst.numeric);
  return fmt::format("{}{}: analytic {}, numeric {}, bound {}", tensor.name,
                     index_text(worst.index), analytic, numeric, magnitude_text(worst.bound));
}

std::string counts_text(const TensorReport& tensor) {
  const std::size_t disagreeing = tensor.disagreeing;
  const std::size_t open = tensor.inconclusive;
  const std::string of_all = fmt::format(" of {}", counted(tensor.entries, "entry", "entries"));
  if (disagreeing == 0 && open == 0) {
    return "";
  }
  if (disagreeing == 0) {
    return fmt::format("{}{} {} inconclusive", count_text(open), of_all, open == 1 ? "is" : "are");
  }
  const std::string text = fmt::format("{}{} {}", count_text(disagreeing), of_all,
                                       disagreeing == 1 ? "disagrees" : "disagree");
  return open == 0 ? text
                   : fmt::format("{}, {} {} inconclusive", text, count_text(open),
                                 open == 1 ? "is" : "are");
}

std::string diagnosis_text(const Diagnosis& diagnosis,
                           const std::vector<StatementReport>& derivation) {
  std::string text = diagnosis.pattern;
  if (!diagnosis.layer.empty()) {
    text += (text.empty() ? "" : " in ") + diagnosis.layer;
  }
  if (!diagnosis.tensor.empty()) {
    const bool helper =
        diagnosis.layer == of_derivation &&
        std::ranges::count(derivation, diagnosis.tensor, &StatementReport::target) > 0;
    text += (text.empty() ? "" : ", ") + ((helper ? "helper " : "gradient of ") + diagnosis.tensor);
  }
  if (!diagnosis.detail.empty()) {
    text += (text.empty() ? "" : ": ") + diagnosis.detail;
  }
  return text;
}

}  // namespace gradcheck
