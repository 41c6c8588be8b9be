#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fnmatch.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/explain.hpp>
#include <gradcheck/report/matrix.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t indent = 2;
/// Entries that are nearer than that are the same to a reader.
constexpr double telling_difference = 1e-9;

std::string heading(const std::string& text, const TextStyle& style) {
  std::string out;
  for (const std::string& line : wrap(text, style.width)) {
    out += paint(line, Ink::strong, style.color) + "\n";
  }
  return out;
}

/// What stands below a heading says what it is.
std::string label(const std::string& text, const TextStyle& style) {
  std::string out;
  for (const std::string& line : wrap(text, style.width - indent)) {
    out += std::string(indent, ' ') + paint(line, Ink::faint, style.color) + "\n";
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

/// Larger tensors are summed up, with so many of their worst entries.
constexpr std::size_t large = 200;
constexpr std::size_t shown_worst = 20;

/// The entries to show, in order: all, or the worst.
std::vector<std::size_t> shown_entries(const Comparison& compared) {
  std::vector<std::size_t> all(compared.analytic.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (all.size() <= large) {
    return all;
  }
  const auto badness = [&](std::size_t i) {
    const double a = compared.analytic.data()[i], n = compared.numeric.data()[i];
    const double size = std::max(std::abs(a), std::abs(n)), bound = compared.bound.data()[i];
    const double relative =
        size == 0 || bound > unresolved_part * size ? 0 : std::abs(a - n) / size;
    return std::pair(compared.verdicts[i] == Verdict::agree ? 0 : 1,
                     std::isnan(relative) ? std::numeric_limits<double>::infinity() : relative);
  };
  std::ranges::stable_sort(all, std::ranges::greater(), badness);
  all.resize(shown_worst);
  std::ranges::sort(all);
  return all;
}

std::string left_out_text(const Comparison& compared, std::size_t shown) {
  const std::size_t all = compared.analytic.size();
  const auto agreeing = std::ranges::count(compared.verdicts, Verdict::agree);
  return all == shown
             ? ""
             : fmt::format("  the worst {} of {} entries; {} agree\n", shown, count_text(all),
                           count_text(static_cast<std::size_t>(agreeing)));
}

std::string comparison_table(const Comparison& compared, const EntryName& name,
                             const TextStyle& style) {
  // Where all agree, the numeric side is the analytic one to the digits that are shown.
  const bool agree = std::ranges::count(compared.verdicts, Verdict::agree) ==
                     static_cast<std::ptrdiff_t>(compared.verdicts.size());
  Table table({{"entry", false, Keep::always, 6},
               {"analytic", true},
               {"numeric", true, agree ? Keep::while_others_fit : Keep::always},
               {"relative error", true, Keep::while_cut_fits},
               {"bound", true, Keep::while_whole_fits},
               {"verdict"}});
  const std::vector<std::size_t> shown = shown_entries(compared);
  for (const std::size_t i : shown) {
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
  return table.text(indent, style.width, style.color) + left_out_text(compared, shown.size());
}

bool is_complete(const Comparison& compared) {
  const std::size_t size = compared.analytic.size();
  return size > 0 && compared.numeric.size() == size && compared.bound.size() == size &&
         compared.verdicts.size() == size;
}

std::string gradient_text(const ExplainedValue& value, const std::string& loss,
                          const TextStyle& style) {
  if (!value.has_gradient) {
    return value.no_gradient.empty() ? ""
                                     : label("no gradient: " + printable(value.no_gradient), style);
  }
  if (!is_complete(value.gradient)) {
    return "";
  }
  const Shape shape = shape_of(value.value);
  return label(fmt::format("gradient d{}/d{}", loss, value.name), style) +
         comparison_table(
             value.gradient, [&](std::size_t i) { return value.name + index_text(shape, i); },
             style);
}

/// All entries; of a large tensor what they are like.
std::string entries_text(const Tensor& tensor, const TextStyle& style, std::size_t margin = 0) {
  if (tensor.size() <= large) {
    return matrix_text(tensor, margin, style.width);
  }
  const auto [least, largest] = std::ranges::minmax_element(entries(tensor));
  double sum = 0;
  for (const double x : entries(tensor)) {
    sum += x;
  }
  return fmt::format("{} entries from {} to {}, mean {}\n", count_text(tensor.size()),
                     number_text(*least), number_text(*largest),
                     number_text(sum / static_cast<double>(tensor.size())));
}

std::string steps_text(const ExplainedValue& value, const TextStyle& style) {
  std::string out;
  for (const LocalStep& step : value.steps) {
    out += label(fmt::format("local derivative d({})/d({}){}", printable(step.of),
                             printable(step.by), step.entry_by_entry ? ", entry by entry" : ""),
                 style) +
           matrix_text(step.derivative, 2 * indent, style.width);
  }
  return out;
}

std::string value_text(const ExplainedValue& value, const std::string& loss,
                       const TextStyle& style) {
  const std::string what = printable(value.statement.empty() ? value.name : value.statement);
  const std::string shape = to_string(shape_of(value.value));
  return heading(fmt::format("{}    {} {}", what, value.role, shape), style) +
         entries_text(value.value, style) + steps_text(value, style) +
         gradient_text(value, loss, style) + "\n";
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

/// A wrong statement's entries beside the right ones.
std::string wrong_statement_text(const StatementReport& statement, const TextStyle& style) {
  std::string out = heading(printable(statement.statement), style);
  if (!statement.claimed || !statement.right ||
      statement.claimed->size() != statement.right->size()) {
    out += statement.claimed ? paint("  as written", Ink::faint, style.color) + "\n" +
                                   entries_text(*statement.claimed, style, indent)
                             : "";
    out += statement.right ? paint("  right", Ink::faint, style.color) + "\n" +
                                 entries_text(*statement.right, style, indent)
                           : "";
    return out + "\n";
  }
  Table table({{"entry", false, Keep::always, 8}, {"as written", true}, {"right", true}, {""}});
  const Shape shape = shape_of(*statement.right);
  std::size_t shown = 0, differing = 0;
  for (std::size_t i = 0; i < statement.right->size(); ++i) {
    const double written = statement.claimed->data()[i], right = statement.right->data()[i];
    const double size = std::max(std::abs(written), std::abs(right));
    const bool differs = !(std::abs(written - right) <= telling_difference * size);
    differing += differs ? 1 : 0;
    if ((statement.right->size() <= large || differs) && shown < large) {
      const auto [left, other] = told_apart(written, right);
      table.add({{statement.target + index_text(shape, i)},
                 {left},
                 {other},
                 {differs ? "differs" : "", Ink::bad}});
      ++shown;
    }
  }
  return out + table.text(indent, style.width, style.color) +
         fmt::format("  {} of {} differ\n\n", differing,
                     counted(statement.right->size(), "entry", "entries"));
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

std::string explanation_of(const Explanation& explanation, const TextStyle& wanted,
                           const std::string& name) {
  TextStyle style = wanted;
  style.width = std::max(style.width, least_width);
  style.verbose = true;
  std::string out;
  const auto wants = [&](const std::string& one) {
    return name.empty() || fnmatch(name.c_str(), one.c_str(), 0) == 0;
  };
  for (const ExplainedValue& value : explanation.values) {
    out += wants(value.name) ? value_text(value, explanation.loss, style) : "";
  }
  for (const ExplainedJacobian& jacobian : explanation.jacobians) {
    out += wants(jacobian.of) || wants(jacobian.by) ? jacobian_text(jacobian, style) : "";
  }
  for (const StatementReport& statement : explanation.report.derivation) {
    const bool wrong = statement.verdict == StatementVerdict::disagree;
    out += wrong && wants(statement.name) ? wrong_statement_text(statement, style) : "";
  }
  if (!name.empty() && (!out.empty() || !explanation.report.error)) {
    return out;
  }
  out += claims_text(explanation.report, style) + derivation_text(explanation.report, style);
  return out + conclusion_of(explanation.report, style);
}

}  // namespace gradcheck
