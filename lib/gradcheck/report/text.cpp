#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/report/safe_text.hpp>
#include <gradcheck/report/table.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

/// Findings of one claim that are shown without --verbose; a wrong matrix has many.
constexpr std::size_t shown_findings = 5;
/// With it.
constexpr std::size_t shown_verbosely = 200;
/// Diagnoses that are shown without --verbose.
constexpr std::size_t shown_diagnoses = 5;

struct View {
  const CaseReport& report;
  const TextStyle& style;
  bool full;      ///< everything, not only what is wrong
  bool whole;     ///< with every known erratum, its reason, and the title in full, and coverage
  bool measured;  ///< with the tables of tensors and the counts
};

std::string verdict_and_id(const CaseReport& report, const TextStyle& style) {
  const std::string verdict = pad_right(to_string(report.verdict), detail_column);
  return paint(verdict, ink_of(report.verdict), style.color) +
         paint(printable(report.id), Ink::strong, style.color) + "\n";
}

/// Verdict, id and title on one line, for a list of cases. The id comes first: the title gets what
/// room is left, if that is enough to tell something.
std::string headline(const CaseReport& report, const TextStyle& style) {
  constexpr std::size_t least_title = 20;
  const std::size_t width = std::max(style.width, least_width) - detail_column;
  const std::string id = cut_front(printable(report.id), width);
  const std::size_t id_width = std::max(display_width(id), std::min(style.id_width, width));
  std::string line = paint(pad_right(to_string(report.verdict), detail_column),
                           ink_of(report.verdict), style.color);
  line += paint(id, Ink::strong, style.color);
  if (!report.title.empty() && id_width + 2 + least_title <= width) {
    line.append(id_width - display_width(id) + 2, ' ');
    line += cut(printable(report.title), width - id_width - 2);
  }
  return line + "\n";
}

void add_tensors(Paragraphs& out, const View& view) {
  Table table({{"tensor", false, Keep::always, 8},
               {"role", false, Keep::while_whole_fits},
               {"shape", false, Keep::while_others_fit, 8},
               {"entries", true, Keep::while_cut_fits},
               {"relative error", true},
               {"bound", true, Keep::while_others_fit},
               {"verdict"}});
  for (const TensorReport& tensor : view.report.tensors) {
    table.add({{printable(tensor.name)},
               {tensor.role},
               {to_string(tensor.shape)},
               {count_text(tensor.entries)},
               {magnitude_text(tensor.max_relative_error)},
               {magnitude_text(tensor.max_bound)},
               {to_string(tensor.verdict), ink_of(tensor.verdict)}});
  }
  if (!table.empty()) {
    out.add_table(table);
  }
}

/// How each tensor's numeric side was found and what that took.
void add_efforts(Paragraphs& out, const View& view) {
  Table table({{"tensor", false, Keep::always, 8},
               {"way"},
               {"probes", true, Keep::while_cut_fits},
               {"time taken", true, Keep::while_others_fit},
               {"entries/s", true}});
  for (const TensorReport& tensor : view.report.tensors) {
    const Effort& effort = tensor.effort;
    const double entries = static_cast<double>(tensor.entries);
    table.add({{printable(tensor.name)},
               {to_string(effort.way)},
               {count_text(effort.probes)},
               {duration_text(effort.seconds)},
               {effort.seconds > 0 ? rate_text(entries / effort.seconds) : ""}});
  }
  if (!table.empty()) {
    out.add_table(table);
  }
  for (const TensorReport& tensor : view.report.tensors) {
    if (!tensor.effort.structure.empty()) {
      out.add("structure", Ink::plain, tensor.name + ": " + tensor.effort.structure);
    }
  }
}

void add_worst(Paragraphs& out, const View& view) {
  for (const TensorReport& tensor : view.report.tensors) {
    if (tensor.verdict == Verdict::agree) {
      continue;
    }
    std::string text = worst_text(tensor);
    for (const std::string& more : {counts_text(tensor), tensor.reason}) {
      text += more.empty() ? "" : "; " + more;
    }
    out.add("worst", ink_of(tensor.verdict), text);
  }
}

std::string place_in(const View& view, std::size_t line, std::size_t column) {
  return place_of(printable(view.report.file), line, column) + ": ";
}

using Findings = std::vector<const Finding*>;

Findings select(const ClaimReport& claim, ClaimVerdict verdict, bool erratum) {
  Findings out;
  for (const Finding& finding : claim.findings) {
    if (finding.verdict == verdict && finding.erratum == erratum) {
      out.push_back(&finding);
    }
  }
  return out;
}

/// The findings of one kind, up to the limit. A reason is told once, with the last that has it.
void add_findings(Paragraphs& out, const View& view, const ClaimReport& claim,
                  const Findings& findings, const char* label, Ink ink) {
  const std::size_t limit = view.style.verbose ? shown_verbosely : shown_findings;
  const std::size_t shown = std::min(findings.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) {
    const Finding& finding = *findings[i];
    std::string text = place_in(view, claim.line, claim.column) + finding_text(claim, finding);
    if (!finding.reason.empty() && (i + 1 == shown || findings[i + 1]->reason != finding.reason)) {
      text += "\nknown: " + printable(finding.reason);
    }
    out.add(label, ink, text);
  }
  if (shown < findings.size()) {
    out.add("", Ink::plain,
            fmt::format("and {} more of {}", count_text(findings.size() - shown), key_of(claim)));
  }
}

bool is_erratum(const StatementReport& statement) {
  return statement.erratum && statement.verdict == StatementVerdict::disagree;
}

/// The keys under [errata] that were found to be needed, each once.
std::vector<std::string> errata_found(const CaseReport& report) {
  std::vector<std::string> keys;
  std::set<std::string> known;
  const auto append = [&](const std::string& key) {
    if (known.insert(key).second) {
      keys.push_back(key);
    }
  };
  for (const ClaimReport& claim : report.claims) {
    for (const Finding* finding : select(claim, ClaimVerdict::wrong, true)) {
      append(finding->erratum_key.empty() ? key_of(claim) : finding->erratum_key);
    }
  }
  for (const StatementReport& statement : report.derivation) {
    if (is_erratum(statement)) {
      append("derivation." + statement.target);
    }
  }
  return keys;
}

/// One line instead of all that is known to be wrong.
void add_errata(Paragraphs& out, const View& view) {
  const std::vector<std::string> keys = errata_found(view.report);
  if (!view.whole && !keys.empty()) {
    out.add("", Ink::plain,
            fmt::format("{}, as listed: {}", counted(keys.size(), "erratum", "errata"),
                        fmt::join(keys, ", ")));
  }
}

void add_claims(Paragraphs& out, const View& view) {
  for (const ClaimReport& claim : view.report.claims) {
    add_findings(out, view, claim, select(claim, ClaimVerdict::wrong, false), "wrong", Ink::bad);
    if (view.whole) {
      add_findings(out, view, claim, select(claim, ClaimVerdict::wrong, true), "erratum",
                   Ink::doubtful);
    }
    if (claim.stale_erratum) {
      out.add("stale", Ink::bad,
              place_in(view, claim.line, claim.column) + key_of(claim) +
                  " is listed under [errata], but it is right");
    }
    if (view.full) {
      add_findings(out, view, claim, select(claim, ClaimVerdict::last_digit, false), "last digit",
                   Ink::plain);
      add_findings(out, view, claim, select(claim, ClaimVerdict::last_digit, true), "last digit",
                   Ink::plain);
    }
  }
}

void add_wrong_statement(Paragraphs& out, const View& view, const StatementReport& statement) {
  const std::string place = place_in(view, statement.line, statement.column);
  const char* const which =
      statement.first_wrong ? "first wrong statement of the derivation" : "wrong statement";
  std::string text = fmt::format("{}{}\n    {}", place, which, printable(statement.statement));
  text += statement.detail.empty() ? "" : "\n" + printable(statement.detail);
  text += statement.erratum ? "\nknown: " + printable(statement.erratum_reason) : "";
  out.add(statement.erratum ? "erratum" : "wrong", statement.erratum ? Ink::doubtful : Ink::bad,
          text);
}

void add_statement(Paragraphs& out, const View& view, const StatementReport& statement) {
  if (is_erratum(statement) && !view.whole) {
    return;
  }
  if (statement.verdict == StatementVerdict::disagree) {
    add_wrong_statement(out, view, statement);
  } else if (statement.verdict == StatementVerdict::inherited && view.full) {
    out.add("inherited", Ink::doubtful,
            place_in(view, statement.line, statement.column) + printable(statement.statement));
  } else if (statement.verdict == StatementVerdict::not_judged && view.full) {
    out.add("not judged", Ink::doubtful,
            place_in(view, statement.line, statement.column) + printable(statement.statement));
  }
  if (statement.stale_erratum) {
    out.add("stale", Ink::bad,
            fmt::format("{}derivation.{} is listed under [errata], but it is right",
                        place_in(view, statement.line, statement.column), statement.target));
  }
}

void add_derivation(Paragraphs& out, const View& view) {
  const std::vector<StatementReport>& all = view.report.derivation;
  // The first wrong one leads, wherever it stands.
  for (const bool first : {true, false}) {
    for (const StatementReport& statement : all) {
      if (statement.first_wrong == first) {
        add_statement(out, view, statement);
      }
    }
  }
}

/// "; helpers: s, dzf", of "s (line 14)", "dzf (line 15)"
std::string helpers_text(const CaseReport& report) {
  std::vector<std::string> names;
  for (const std::string& helper : report.helpers) {
    names.push_back(printable(helper.substr(0, helper.find(' '))));
  }
  return names.empty() ? ""
                       : fmt::format("; {}: {}", names.size() == 1 ? "helper" : "helpers",
                                     fmt::join(names, ", "));
}

void add_counts(Paragraphs& out, const View& view) {
  std::size_t entries = 0;
  std::size_t right = 0;
  for (const ClaimReport& claim : view.report.claims) {
    entries += claim.entries;
    right += claim.right;
  }
  if (entries > 0) {
    out.add("claims", Ink::plain,
            fmt::format("{} of {} right", count_text(right), counted(entries, "value", "values")));
  }
  const std::vector<StatementReport>& all = view.report.derivation;
  const auto agreeing = std::count_if(all.begin(), all.end(), [](const StatementReport& one) {
    return one.verdict == StatementVerdict::agree;
  });
  if (!all.empty()) {
    out.add("derivation", Ink::plain,
            fmt::format("{} of {} {}{}", agreeing, counted(all.size(), "statement", "statements"),
                        agreeing == 1 ? "agrees" : "agree", helpers_text(view.report)));
  }
}

void add_kinks(Paragraphs& out, const View& view) {
  std::vector<std::string> where;
  for (const TensorReport& tensor : view.report.tensors) {
    if (tensor.kinks > 0) {
      where.push_back(fmt::format("{} of {}", counted(tensor.kinks, "entry", "entries"),
                                  printable(tensor.name)));
    }
  }
  if (!where.empty()) {
    out.add("kinks", Ink::plain,
            fmt::format("{} at a kink: any derivative between the one-sided ones is accepted",
                        fmt::join(where, ", ")));
  }
}

void add_coverage(Paragraphs& out, const View& view) {
  if (!view.report.coverage.empty()) {
    out.add("checked", Ink::plain, printable(view.report.coverage));
  }
  for (const std::string& note : view.report.degenerate) {
    out.add("note", Ink::plain, printable(note));
  }
}

void add_diagnosis(Paragraphs& out, const View& view) {
  const std::vector<Diagnosis>& all = view.report.diagnosis;
  const std::size_t shown = view.style.verbose ? all.size() : std::min(all.size(), shown_diagnoses);
  for (std::size_t k = 0; k < shown; ++k) {
    out.add("diagnosis", Ink::strong, printable(diagnosis_text(all[k], view.report.derivation)));
  }
  if (shown < all.size()) {
    out.add("", Ink::plain,
            fmt::format("and {}", counted(all.size() - shown, "more diagnosis", "more diagnoses")));
  }
}

void add_remarks(Paragraphs& out, const View& view) {
  if (view.full) {
    add_diagnosis(out, view);
    add_kinks(out, view);
    for (const std::string& note : view.report.notes) {
      out.add("note", Ink::plain, printable(note));
    }
  }
  if (view.whole) {
    add_coverage(out, view);
  }
}

void add_origin(Paragraphs& out, const View& view) {
  const CaseReport& report = view.report;
  if (view.whole && !report.title.empty()) {
    out.add("title", Ink::plain, printable(report.title));
  }
  if (view.full && !report.source.empty()) {
    out.add("source", Ink::plain, printable(report.source));
  }
}

void add_errors(Paragraphs& out, const View& view) {
  for (const CaseError& error : errors_of(view.report)) {
    if (view.style.one_line_errors) {
      out.add_line(error_line(printable(view.report.file), error));
    } else {
      // A message may have lines of its own, such as a marked place in the file.
      out.add("", Ink::plain, place_in(view, error.line, error.column) + error.message);
    }
  }
}

std::string details(const View& view) {
  Paragraphs out(view.style);
  const CaseReport& report = view.report;
  add_errors(out, view);
  if (report.verdict == Verdict::error && report.tensors.empty()) {
    return out.text();
  }
  add_origin(out, view);
  if (view.full && view.measured) {
    add_tensors(out, view);
    if (view.style.verbose) {
      add_efforts(out, view);
    }
    add_counts(out, view);
  }
  add_worst(out, view);
  for (const std::string& finding : report.findings) {
    out.add("wrong", Ink::bad, printable(finding));
  }
  add_claims(out, view);
  add_derivation(out, view);
  add_errata(out, view);
  add_remarks(out, view);
  return out.text();
}

}  // namespace

bool shown_in_full(const CaseReport& report, const TextStyle& style, bool single) {
  return single || style.verbose || report.verdict != Verdict::agree;
}

std::string text_of(const CaseReport& report, const TextStyle& style, bool single) {
  const bool full = shown_in_full(report, style, single);
  const bool whole = single || style.verbose;
  const std::string head = whole ? verdict_and_id(report, style) : headline(report, style);
  return head + details({report, style, full, whole, true}) + (full ? "\n" : "");
}

std::string conclusion_of(const CaseReport& report, const TextStyle& style) {
  return verdict_and_id(report, style) + details({report, style, true, true, false});
}

std::string to_text(const Report& report, TextStyle style) {
  std::string out;
  for (const CaseReport& one : report.cases) {
    style.id_width = std::max(style.id_width, display_width(printable(one.id)));
  }
  for (const CaseReport& one : report.cases) {
    out += text_of(one, style, report.cases.size() == 1);
  }
  return safe_text(out + summary_of(report, style), style.color);
}

}  // namespace gradcheck
