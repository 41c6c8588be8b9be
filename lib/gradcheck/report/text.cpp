#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/report/table.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

/// Findings of one claim that are shown without --verbose; a wrong matrix has many.
constexpr std::size_t shown_findings = 5;

struct View {
  const CaseReport& report;
  const TextStyle& style;
  bool full;      ///< everything, not only what is wrong
  bool coverage;  ///< what was checked and what the point hides, too
};

std::string headline(const CaseReport& report, const TextStyle& style) {
  const std::size_t width = std::max(style.width, least_width) - detail_column;
  const std::string verdict = pad_right(to_string(report.verdict), detail_column);
  const std::string title = printable(report.title);
  // A long id leaves room for the beginning of a title, no more.
  const std::size_t id_limit = title.empty() ? width : width - std::min<std::size_t>(width / 3, 22);
  const std::string id = cut_front(printable(report.id), id_limit);
  const std::size_t id_width = std::max(display_width(id), std::min(style.id_width, id_limit));
  std::string line = paint(verdict, ink_of(report.verdict), style.color);
  line += paint(id, Ink::strong, style.color);
  if (!title.empty()) {
    line.append(id_width - display_width(id) + 2, ' ');
    line += cut(title, width - id_width - 2);
  }
  return line + "\n";
}

void add_tensors(Paragraphs& out, const View& view) {
  Table table({{"tensor", false, Keep::always, 8},
               {"role", false, Keep::while_whole_fits},
               {"shape", false, Keep::always, 8},
               {"entries", true, Keep::while_cut_fits},
               {"relative error", true},
               {"bound", true},
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
  const std::size_t limit = view.style.verbose ? findings.size() : shown_findings;
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

void add_claims(Paragraphs& out, const View& view) {
  for (const ClaimReport& claim : view.report.claims) {
    add_findings(out, view, claim, select(claim, ClaimVerdict::wrong, false), "wrong", Ink::bad);
    add_findings(out, view, claim, select(claim, ClaimVerdict::wrong, true), "erratum",
                 Ink::doubtful);
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
  std::string text = fmt::format("{}{}\n    {}\nd{} has relative error {}", place, which,
                                 printable(statement.statement), statement.name,
                                 magnitude_text(statement.max_relative_error));
  text += statement.detail.empty() ? "" : "; " + printable(statement.detail);
  text += statement.erratum ? "\nknown: " + printable(statement.erratum_reason) : "";
  out.add(statement.erratum ? "erratum" : "wrong", statement.erratum ? Ink::doubtful : Ink::bad,
          text);
}

void add_statement(Paragraphs& out, const View& view, const StatementReport& statement) {
  if (statement.verdict == StatementVerdict::disagree) {
    add_wrong_statement(out, view, statement);
  } else if (statement.verdict == StatementVerdict::inherited) {
    out.add("inherited", Ink::doubtful,
            place_in(view, statement.line, statement.column) + printable(statement.statement));
  }
  if (statement.stale_erratum) {
    out.add("stale", Ink::bad,
            fmt::format("{}derivation.d{} is listed under [errata], but it is right",
                        place_in(view, statement.line, statement.column), statement.name));
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
            fmt::format("{} of {} {}", agreeing, counted(all.size(), "statement", "statements"),
                        agreeing == 1 ? "agrees" : "agree"));
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

void add_remarks(Paragraphs& out, const View& view) {
  for (const Diagnosis& diagnosis : view.report.diagnosis) {
    out.add("diagnosis", Ink::strong, printable(diagnosis_text(diagnosis)));
  }
  if (view.full) {
    for (const std::string& note : view.report.notes) {
      out.add("note", Ink::plain, printable(note));
    }
  }
  if (view.coverage) {
    add_coverage(out, view);
  }
}

std::string details(const View& view) {
  Paragraphs out(view.style);
  const CaseReport& report = view.report;
  if (report.error || report.verdict == Verdict::error) {
    const CaseError error = error_of(report);
    // A message may have lines of its own, such as a marked place in the file.
    out.add("", Ink::plain, place_in(view, error.line, error.column) + error.message);
    return out.text();
  }
  if (view.full) {
    if (!report.source.empty()) {
      out.add("source", Ink::plain, printable(report.source));
    }
    add_tensors(out, view);
    add_counts(out, view);
  }
  add_worst(out, view);
  add_claims(out, view);
  add_derivation(out, view);
  add_remarks(out, view);
  return out.text();
}

}  // namespace

std::string text_of(const CaseReport& report, const TextStyle& style, bool single) {
  const bool asked = single || style.verbose;
  const bool full = asked || report.verdict != Verdict::agree;
  const std::string below = details({report, style, full, asked});
  return headline(report, style) + below + (below.empty() ? "" : "\n");
}

std::string to_text(const Report& report, TextStyle style) {
  std::string out;
  for (const CaseReport& one : report.cases) {
    style.id_width = std::max(style.id_width, display_width(printable(one.id)));
  }
  for (const CaseReport& one : report.cases) {
    out += text_of(one, style, report.cases.size() == 1);
  }
  return out + summary_of(report, style);
}

}  // namespace gradcheck
