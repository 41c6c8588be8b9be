#pragma once

#include <cstddef>
#include <string>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// How the text report looks.
struct TextStyle {
  bool color = false;
  std::size_t width = 80;  ///< of the terminal, in columns; below 40 it counts as 40
  bool verbose = false;    ///< tables, notes and every finding of cases that agree, too
  /// Off a terminal: an error is one line, "path:line:column: error: message", as editors read it.
  bool one_line_errors = false;
  bool allow_inconclusive = false;
  std::size_t id_width = 0;  ///< of the widest id in the run, so that the titles line up
};

/// The lines about one case. If it is one of many that agree: its verdict, id and title, and the
/// errata that it has. If it is the `single` one of the run, does not agree, or if verbose: its
/// tensors, claims and notes, too, and an empty line after them.
std::string text_of(const CaseReport& report, const TextStyle& style, bool single);

/// The lines about a single case without the tables and counts: verdict, title, what is wrong,
/// notes.
std::string conclusion_of(const CaseReport& report, const TextStyle& style);

/// Whether text_of() shows the case in full.
bool shown_in_full(const CaseReport& report, const TextStyle& style, bool single);

/// The lines that close a run: cases, claims, derivations and work done; after an empty line,
/// unless the last case ended in one.
std::string summary_of(const Report& report, const TextStyle& style);

/// All cases and the summary.
std::string to_text(const Report& report, TextStyle style);

}  // namespace gradcheck
