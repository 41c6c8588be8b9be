#pragma once

#include <cstddef>
#include <string>

#include <gradcheck/check/report.hpp>

namespace gradcheck {

/// How the text report looks.
struct TextStyle {
  bool color = false;
  std::size_t width = 80;  ///< of the terminal, in columns; below 60 it counts as 60
  bool verbose = false;    ///< tables, notes and every finding of cases that agree, too
  bool allow_inconclusive = false;
  std::size_t id_width = 0;  ///< of the widest id in the run, so that the titles line up
};

/// The lines about one case: its verdict, id and title; beneath, what is wrong with it and which
/// errata it has. The tensors, claims and notes of a case that agrees are shown only when it is the
/// `single` one of the run, or if verbose.
std::string text_of(const CaseReport& report, const TextStyle& style, bool single);

/// The lines that close a run: cases, claims, derivations and work done.
std::string summary_of(const Report& report, const TextStyle& style);

/// All cases and the summary.
std::string to_text(const Report& report, TextStyle style);

}  // namespace gradcheck
