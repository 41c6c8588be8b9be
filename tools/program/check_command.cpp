#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>

#include "check_options.hpp"
#include "commands.hpp"
#include "found_cases.hpp"
#include "report_files.hpp"
#include "status.hpp"
#include "terminal.hpp"
#include "validators.hpp"

namespace gradcheck::program {
namespace {

constexpr unsigned long long most_jobs = 1024;

struct CheckRequest : CommonOptions {
  std::vector<std::string> paths;
  std::vector<ReportRequest> reports;
  bool quiet = false;
  bool verbose = false;
};

/// The one format other than text that goes to standard output, if any. Throws UsageError for two.
std::optional<std::string> machine_format(const CheckRequest& request) {
  std::optional<std::string> format;
  for (const ReportRequest& report : request.reports) {
    if (!report.to_standard_output() || report.format == "text") {
      continue;
    }
    if (format && *format != report.format) {
      throw UsageError(
          fmt::format("--report: {} and {} both go to standard output, expected one "
                      "there and FORMAT=FILE for the other",
                      *format, report.format));
    }
    format = report.format;
  }
  return format;
}

bool asks_for_text(const CheckRequest& request) {
  return std::any_of(request.reports.begin(), request.reports.end(), [](const auto& report) {
    return report.to_standard_output() && report.format == "text";
  });
}

/// The text report while the run goes on: standard output is for data, so where a machine's format
/// goes there, the text goes to standard error.
class LiveText {
 public:
  LiveText(const CheckRequest& request, const FoundCases& found)
      : shown_(!request.quiet || asks_for_text(request)),
        output_(machine_format(request) ? standard_error() : standard_output()),
        progress_(!request.quiet),
        single_(found.files.size() == 1) {
    style_.color = output_.wants_color(request.color);
    style_.width = output_.width();
    style_.verbose = request.verbose;
    style_.allow_inconclusive = request.run.allow_inconclusive;
    for (const auto& file : found.files) {
      const std::string id = std::filesystem::path(file).replace_extension().string();
      style_.id_width = std::max(style_.id_width, display_width(printable(id)));
    }
  }

  void add(const CaseReport& report, std::size_t done, std::size_t total) {
    progress_.clear();
    if (shown_) {
      output_.write(text_of(report, style_, single_));
    }
    if (done < total) {
      progress_.show(done, total, report.id);
    }
  }

  void finish(const Report& report) {
    progress_.clear();
    if (shown_) {
      output_.write(summary_of(report, style_));
    }
  }

 private:
  bool shown_;
  Output& output_;
  ProgressLine progress_;
  bool single_;
  TextStyle style_;
};

void write_reports(const CheckRequest& request, const Report& report) {
  TextStyle style;
  style.verbose = request.verbose;
  style.allow_inconclusive = request.run.allow_inconclusive;
  for (const ReportRequest& wanted : request.reports) {
    if (!wanted.to_standard_output()) {
      write_file(wanted.file, render(wanted.format, report, style));
    }
  }
  if (const std::optional<std::string> format = machine_format(request)) {
    standard_output().write(render(*format, report, style));
  }
}

int run_check(const CheckRequest& request) {
  if (request.quiet && request.verbose) {
    throw UsageError("--quiet: has <--verbose> beside it, expected one of the two");
  }
  machine_format(request);
  for (const ReportRequest& report : request.reports) {
    if (!report.to_standard_output()) {
      require_writable(report.file);
    }
  }
  const FoundCases found = find_or_complain(request.paths, request.run.filter);
  LiveText text(request, found);
  const Report report = run_cases(found.files, request.run,
                                  [&](const CaseReport& one, std::size_t done, std::size_t total) {
                                    text.add(one, done, total);
                                  });
  if (!found.files.empty()) {
    text.finish(report);
  }
  write_reports(request, report);
  const bool found_all = found.empty.empty() && !found.files.empty();
  const int status = status_of(report, request.run.allow_inconclusive);
  return found_all ? status : std::max(status, status_bad_input);
}

void add_run_options(CLI::App& check, CheckRequest& request) {
  check.add_option("PATH", request.paths, "Case files, and folders with *.toml below them")
      ->required()
      ->type_name("");
  check
      .add_option("--filter", request.run.filter, "Only the cases whose whole id matches the glob")
      ->take_last()
      ->type_name("GLOB");
  check.add_option("--jobs", request.run.jobs, "Threads (default: as many as there are cores)")
      ->take_last()
      ->check(whole_number(1, most_jobs))
      ->type_name("N");
  check.add_flag("--fail-fast", request.run.fail_fast, "Stop after the first case that fails");
}

void add_output_options(CLI::App& check, CheckRequest& request) {
  check
      .add_option_function<std::string>(
          "--report",
          [&request](const std::string& text) { request.reports.push_back(parse_report(text)); },
          "text, json, junit or github; may be repeated")
      ->trigger_on_parse()
      ->type_name("FORMAT[=FILE]");
  check.add_flag("--quiet", request.quiet, "No text report");
  check.add_flag("--verbose", request.verbose, "Tables and notes of cases that agree, too");
}

constexpr const char* examples =
    "Examples:\n"
    "  gradcheck check cases\n"
    "  gradcheck check cases/002_chain_rule/twice_x.toml --verbose\n"
    "  gradcheck check cases --filter '*relu*' --method forward --step 1e-4\n"
    "  gradcheck check cases --report junit=report.xml --report json=report.json\n"
    "\n"
    "A report without FILE goes to standard output. The text report is shown beside the\n"
    "others, on standard error where another has standard output, unless --quiet.\n"
    "GitHub shows the lines of --report github as annotations of the files.\n"
    "\n"
    "Exit status: 0 all agree; 1 something is wrong or inconclusive; 2 bad input, or no\n"
    "case; 3 internal error.";

}  // namespace

void add_check(CLI::App& app, Command& command) {
  const auto request = std::make_shared<CheckRequest>();
  request->run.jobs = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* const check = app.add_subcommand("check", "Check case files");
  add_run_options(*check, *request);
  add_common_options(*check, *request);
  add_output_options(*check, *request);
  check->footer(examples);
  check->callback([request, &command] { command = [request] { return run_check(*request); }; });
}

}  // namespace gradcheck::program
