#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "check_options.hpp"
#include "report_files.hpp"
#include "terminal.hpp"

namespace gradcheck::program {

/// A run over several cases, and what it shows and writes.
struct RunRequest : CommonOptions {
  std::vector<ReportRequest> reports;
  bool quiet = false;
  bool verbose = false;
};

/// --report, --quiet and --verbose.
void add_output_options(CLI::App& command, RunRequest& request);

/// Throws UsageError for options that cannot go together, and for a file that cannot be written.
void require_possible(const RunRequest& request);

/// The text report while the run goes on: standard output is for data, so where a machine's format
/// goes there, the text goes to standard error.
class LiveText {
 public:
  /// `ids` are those of the cases to come.
  LiveText(const RunRequest& request, const std::vector<std::string>& ids);

  void add(const CaseReport& report, std::size_t done, std::size_t total);
  void finish(const Report& report);

 private:
  bool shown_;
  Output& output_;
  ProgressLine progress_;
  bool single_;
  TextStyle style_;
};

/// All the reports that were asked for, but for the text that LiveText shows.
void write_reports(const RunRequest& request, const Report& report);

}  // namespace gradcheck::program
