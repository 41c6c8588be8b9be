#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/explain.hpp>
#include <gradcheck/report/matrix.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t indent = 2;

std::string heading(const std::string& text, const TextStyle& style) {
  std::string out;
  for (const std::string& line : wrap(text, style.width)) {
    out += paint(line, Ink::strong, style.color) + "\n";
  }
  return out;
}

/// Where the bound is more than this part of the entry, the entry is unresolved: what differs is
/// noise, and its relative error counts as 0 (as in the tensors' tables).
constexpr double unresolved_part = 0.1;

std::string relative_error_text(double analytic, double numeric, double bound) {
  const double scale = std::max(std::abs(analytic), std::abs(numeric));
  const bool unresolved = bound > unresolved_part * scale;
  return magnitude_text(scale == 0 || unresolved ? 0 : std::abs(analytic - numeric) / scale);
}

/// Both sides of a comparison, with as many digits as the table has room for; more where they must
/// be told apart.
std::pair<std::string, std::string> both_sides(double analytic, double numeric, Verdict verdict) {
  constexpr int readable_digits = 7;
  return verdict == Verdict::agree ? std::pair(number_text(analytic, readable_digits),
                                               number_text(numeric, readable_digits))
                                   : told_apart(analytic, numeric);
}

/// The names of a comparison's entries: "x[1]", or "y[0]/x[1]".
using EntryName = std::function<std::string(std::size_t)>;

std::string comparison_table(const Comparison& compared, const EntryName& name,
                             const TextStyle& style) {
  Table table({{"entry", false, Keep::always, 8},
               {"analytic", true},
               {"numeric", true},
               {"relative error", true},
               {"bound", true, Keep::while_cut_fits},
               {"verdict"}});
  for (std::size_t i = 0; i < compared.analytic.size(); ++i) {
    const double analytic = compared.analytic.data()[i];
    const double numeric = compared.numeric.data()[i];
    const double bound = compared.bound.data()[i];
    const Verdict verdict = compared.verdicts[i];
    const auto [left, right] = both_sides(analytic, numeric, verdict);
    table.add({{name(i)},
               {left},
               {right},
               {relative_error_text(analytic, numeric, bound)},
               {magnitude_text(bound)},
               {to_string(verdict), ink_of(verdict)}});
  }
  return table.text(indent, style.width, style.color);
}

bool is_complete(const Comparison& compared) {
  const std::size_t size = compared.analytic.size();
  return size > 0 && compared.numeric.size() == size && compared.bound.size() == size &&
         compared.verdicts.size() == size;
}

std::string gradient_text(const ExplainedValue& value, const std::string& loss,
                          const TextStyle& style) {
  if (!value.has_gradient) {
    return value.no_gradient.empty()
               ? ""
               : paint("  no gradient: " + printable(value.no_gradient), Ink::faint, style.color) +
                     "\n";
  }
  if (!is_complete(value.gradient)) {
    return "";
  }
  const Shape shape = shape_of(value.value);
  return paint(fmt::format("  gradient d{}/d{}", loss, value.name), Ink::faint, style.color) +
         "\n" +
         comparison_table(
             value.gradient, [&](std::size_t i) { return value.name + index_text(shape, i); },
             style);
}

std::string value_text(const ExplainedValue& value, const std::string& loss,
                       const TextStyle& style) {
  const std::string what = printable(value.statement.empty() ? value.name : value.statement);
  const std::string shape = to_string(shape_of(value.value));
  return heading(fmt::format("{}    {} {}", what, value.role, shape), style) +
         matrix_text(value.value, 0, style.width) + gradient_text(value, loss, style) + "\n";
}

std::string jacobian_text(const ExplainedJacobian& jacobian, const TextStyle& style) {
  if (!is_complete(jacobian.compared)) {
    return "";
  }
  const std::size_t columns = entries_of(jacobian.by_shape);
  const auto name = [&](std::size_t i) {
    return jacobian.of + index_text(jacobian.of_shape, i / columns) + "/" + jacobian.by +
           index_text(jacobian.by_shape, i % columns);
  };
  return heading(fmt::format("d{}/d{}    Jacobian {}", jacobian.of, jacobian.by,
                             to_string(shape_of(jacobian.compared.analytic))),
                 style) +
         comparison_table(jacobian.compared, name, style) + "\n";
}

/// The claim's verdict; "erratum" if all that is wrong with it is known.
Cell verdict_cell(const ClaimReport& claim) {
  const bool known =
      claim.verdict == ClaimVerdict::wrong &&
      std::all_of(claim.findings.begin(), claim.findings.end(), [](const Finding& finding) {
        return finding.erratum || finding.verdict != ClaimVerdict::wrong;
      });
  return known ? Cell{"erratum", Ink::doubtful}
               : Cell{to_string(claim.verdict), ink_of(claim.verdict)};
}

std::string claims_text(const CaseReport& report, const TextStyle& style) {
  Table table(
      {{"claim", false, Keep::always, 12}, {"entries", true}, {"right", true}, {"verdict"}});
  for (const ClaimReport& claim : report.claims) {
    table.add({{printable(key_of(claim))},
               {count_text(claim.entries)},
               {count_text(claim.right)},
               verdict_cell(claim)});
  }
  return table.empty() ? "" : table.text(0, style.width, style.color) + "\n";
}

std::string derivation_text(const CaseReport& report, const TextStyle& style) {
  Table table({{"derivation", false, Keep::always, 12}, {"relative error", true}, {"verdict"}});
  for (const StatementReport& statement : report.derivation) {
    const bool known = statement.erratum && statement.verdict == StatementVerdict::disagree;
    table.add({{printable(statement.statement)},
               {magnitude_text(statement.max_relative_error)},
               known ? Cell{"erratum", Ink::doubtful}
                     : Cell{to_string(statement.verdict), ink_of(statement.verdict)}});
  }
  return table.empty() ? "" : table.text(0, style.width, style.color) + "\n";
}

}  // namespace

std::string explanation_of(const Explanation& explanation, const TextStyle& wanted) {
  TextStyle style = wanted;
  style.width = std::max(style.width, least_width);
  style.verbose = true;
  std::string out;
  for (const ExplainedValue& value : explanation.values) {
    out += value_text(value, explanation.loss, style);
  }
  for (const ExplainedJacobian& jacobian : explanation.jacobians) {
    out += jacobian_text(jacobian, style);
  }
  out += claims_text(explanation.report, style) + derivation_text(explanation.report, style);
  return out + conclusion_of(explanation.report, style);
}

}  // namespace gradcheck
