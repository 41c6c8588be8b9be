#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
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

/// The text report while the run goes on, and how far that is: standard output is for data, so
/// where a machine's format goes there, the text goes to standard error. May be called from any
/// thread.
class LiveText {
 public:
  /// `ids` are those of the cases to come.
  LiveText(const RunRequest& request, std::vector<std::string> ids);

  void add(const CaseReport& report);
  void finish(const Report& report);

  /// From now on progress is shown while a case is being checked, as `tell` hears of it. Takes a
  /// thread: not for a process that forks.
  void watch();
  /// Whether anybody sees what `tell` is told.
  bool watched() const { return progress_.wanted(); }
  void tell(const CaseProgress& progress);

 private:
  /// The next case in the order of the report: others that run beside it are not shown.
  struct Running {
    std::string tensor;
    std::size_t done = 0;
    std::size_t entries = 0;
    double seconds = 0;
  };

  void show_progress();
  void tick(const std::stop_token& stop);

  bool shown_;
  Output& output_;
  TextStyle style_;
  std::vector<std::string> ids_;
  std::mutex mutex_;  ///< of all that follows
  ProgressLine progress_;
  std::size_t done_ = 0;  ///< cases
  Running running_;
  std::condition_variable_any stopped_;
  std::jthread ticker_;
};

/// All the reports that were asked for, but for the text that LiveText shows.
void write_reports(const RunRequest& request, const Report& report);

}  // namespace gradcheck::program
