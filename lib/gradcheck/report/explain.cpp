#include <algorithm>
#include <cmath>

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

std::string gradient_table(const ExplainedValue& value, const TextStyle& style) {
  Table table({{"entry", false, Keep::always, 8},
               {"analytic", true},
               {"numeric", true},
               {"relative error", true, Keep::while_whole_fits},
               {"bound", true, Keep::while_cut_fits},
               {"verdict"}});
  const Shape shape = shape_of(value.analytic);
  for (std::size_t i = 0; i < value.analytic.size(); ++i) {
    const double analytic = value.analytic.data()[i];
    const double numeric = value.numeric.data()[i];
    const double bound = value.bound.data()[i];
    const auto [left, right] = told_apart(analytic, numeric);
    const Verdict verdict = value.verdicts[i];
    table.add({{value.name + index_text(shape, i)},
               {left},
               {right},
               {relative_error_text(analytic, numeric, bound)},
               {magnitude_text(bound)},
               {to_string(verdict), ink_of(verdict)}});
  }
  return table.text(indent, style.width, style.color);
}

bool has_all_entries(const ExplainedValue& value) {
  const std::size_t size = value.value.size();
  return value.has_gradient && value.analytic.size() == size && value.numeric.size() == size &&
         value.bound.size() == size && value.verdicts.size() == size;
}

std::string value_text(const ExplainedValue& value, const std::string& loss,
                       const TextStyle& style) {
  const std::string what = printable(value.statement.empty() ? value.name : value.statement);
  const std::string shape = to_string(shape_of(value.value));
  std::string out = heading(fmt::format("{}    {} {}", what, value.role, shape), style);
  out += matrix_text(value.value, 0, style.width);
  if (has_all_entries(value) && value.value.size() > 0) {
    out += paint(fmt::format("  gradient d{}/d{}", loss, value.name), Ink::faint, style.color);
    out += "\n" + gradient_table(value, style);
  }
  return out + "\n";
}

std::string claims_text(const CaseReport& report, const TextStyle& style) {
  Table table(
      {{"claim", false, Keep::always, 12}, {"entries", true}, {"right", true}, {"verdict"}});
  for (const ClaimReport& claim : report.claims) {
    table.add({{printable(key_of(claim))},
               {count_text(claim.entries)},
               {count_text(claim.right)},
               {to_string(claim.verdict), ink_of(claim.verdict)}});
  }
  return table.empty() ? "" : table.text(0, style.width, style.color) + "\n";
}

std::string derivation_text(const CaseReport& report, const TextStyle& style) {
  Table table({{"derivation", false, Keep::always, 12}, {"relative error", true}, {"verdict"}});
  for (const StatementReport& statement : report.derivation) {
    table.add({{printable(statement.statement)},
               {magnitude_text(statement.max_relative_error)},
               {to_string(statement.verdict), ink_of(statement.verdict)}});
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
  out += claims_text(explanation.report, style) + derivation_text(explanation.report, style);
  return out + text_of(explanation.report, style, true);
}

}  // namespace gradcheck
