#include "run_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/progress.hpp>

#include "status.hpp"

namespace gradcheck::program {
namespace {

/// The one format other than text that goes to standard output, if any. Throws UsageError for two.
std::optional<std::string> machine_format(const RunRequest& request) {
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

bool asks_for_text(const RunRequest& request) {
  return std::any_of(request.reports.begin(), request.reports.end(), [](const auto& report) {
    return report.to_standard_output() && report.format == "text";
  });
}

}  // namespace

void add_output_options(CLI::App& command, RunRequest& request) {
  command
      .add_option_function<std::string>(
          "--report",
          [&request](const std::string& text) { request.reports.push_back(parse_report(text)); },
          "text, json, junit, github or csv; may be repeated")
      ->trigger_on_parse()
      ->type_name("FORMAT[=FILE]");
  command.add_flag("-q,--quiet", request.quiet, "No text report");
  command.add_flag("-v,--verbose", request.verbose,
                   "Tables and notes of all cases, and what tensors took");
}

void require_possible(const RunRequest& request) {
  if (request.quiet && request.verbose) {
    throw UsageError("--quiet: has <--verbose> beside it, expected one of the two");
  }
  machine_format(request);
  require_distinct(request.reports);
  for (const ReportRequest& report : request.reports) {
    if (!report.to_standard_output()) {
      require_writable(report.file);
    }
  }
}

LiveText::LiveText(const RunRequest& request, std::vector<std::string> ids)
    : shown_(!request.quiet || asks_for_text(request)),
      output_(machine_format(request) ? standard_error() : standard_output()),
      ids_(std::move(ids)),
      progress_(!request.quiet) {
  style_.color = output_.wants_color(request.color);
  style_.width = output_.width();
  style_.one_line_errors = !output_.is_terminal();
  style_.verbose = request.verbose;
  style_.allow_inconclusive = request.run.allow_inconclusive;
  for (const std::string& id : ids_) {
    style_.id_width = std::max(style_.id_width, display_width(printable(id)));
  }
}

void LiveText::add(const CaseReport& report) {
  const std::lock_guard lock(mutex_);
  progress_.clear();
  if (shown_) {
    output_.write(text_of(report, style_, ids_.size() == 1), style_.color);
  }
  ++done_;
  running_ = {};
  if (!ticker_.joinable()) {
    show_progress();
  }
}

void LiveText::finish(const Report& report) {
  const std::lock_guard lock(mutex_);
  progress_.clear();
  done_ = ids_.size();
  if (shown_) {
    output_.write(summary_of(report, style_), style_.color);
  }
}

void LiveText::watch() {
  if (watched()) {
    ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
  }
}

void LiveText::tell(const CaseProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (progress.number == done_ + 1) {
    const TensorProgress& tensor = progress.tensor;
    running_ = {tensor.tensor, tensor.done, tensor.entries, tensor.seconds};
  }
}

void LiveText::show_progress() {
  if (progress_.wanted() && done_ < ids_.size()) {
    const TensorProgress tensor{running_.tensor, running_.done, running_.entries, running_.seconds};
    progress_.show(progress_text({done_ + 1, ids_.size(), ids_[done_], tensor}, progress_.width()));
  }
}

void LiveText::tick(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  try {
    while (!stop.stop_requested()) {
      show_progress();
      stopped_.wait_for(lock, stop, update_period, [] { return false; });
    }
  } catch (const UsageError&) {
    // Standard error cannot be written to: a run that otherwise succeeds does not fail for that.
  }
}

void write_reports(const RunRequest& request, const Report& report) {
  TextStyle style;
  style.one_line_errors = true;
  style.verbose = request.verbose;
  style.allow_inconclusive = request.run.allow_inconclusive;
  for (const ReportRequest& wanted : request.reports) {
    if (!wanted.to_standard_output()) {
      write_file(wanted.file, render(wanted.format, report, style));
    }
  }
  if (const std::optional<std::string> format = machine_format(request)) {
    const std::string text = render(*format, report, style);
    *format == "github" ? standard_output().write_commands(text) : standard_output().write(text);
  }
}

}  // namespace gradcheck::program
