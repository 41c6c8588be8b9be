#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include <gradcheck/tensor/files/tensor_file.hpp>

#include "commands.hpp"
#include "found_cases.hpp"
#include "run_output.hpp"
#include "status.hpp"
#include "validators.hpp"

namespace gradcheck::program {
namespace {

constexpr unsigned long long most_jobs = 1024;

struct CheckRequest : RunRequest {
  std::vector<std::string> paths;
  std::vector<std::string> exclude;
};

std::vector<std::string> ids_of(const FoundCases& found) {
  std::vector<std::string> ids;
  for (const auto& file : found.files) {
    ids.push_back(case_id(file));
  }
  return ids;
}

/// Gradients are written of one case, to a file that is none of those read.
void require_one_case(const CheckRequest& request, const FoundCases& found) {
  const std::filesystem::path& dump = request.run.dump;
  if (dump.empty()) {
    return;
  }
  if (!is_tensor_file(dump)) {
    throw UsageError(
        fmt::format("--dump: has <{}>, expected a file named .npz or .safetensors", dump.string()));
  }
  if (found.files.size() != 1) {
    throw UsageError(fmt::format("--dump: has {} cases, expected one", found.files.size()));
  }
  require_no_input(dump, found.files, request.paths);
}

int run_check(const CheckRequest& request) {
  require_possible(request);
  const FoundCases found = find_or_complain(request.paths, request.run.filter, request.exclude);
  for (const ReportRequest& report : request.reports) {
    if (!report.to_standard_output()) {
      require_no_input(report.file, found.files, request.paths);
    }
  }
  require_one_case(request, found);
  LiveText text(request, ids_of(found));
  RunOptions options = request.run;
  if (text.watched()) {
    options.progress = [&](const CaseProgress& progress) { text.tell(progress); };
    text.watch();
  }
  const Report report =
      run_cases(found.files, options,
                [&](const CaseReport& one, std::size_t, std::size_t) { text.add(one); });
  if (!found.files.empty()) {
    text.finish(report);
  }
  write_reports(request, report);
  const bool found_all = found.empty.empty() && !found.files.empty();
  const int status = status_of(report, request.run.allow_inconclusive);
  return found_all ? status : std::max(status, status_bad_input);
}

void add_run_options(CLI::App& check, CheckRequest& request) {
  check
      .add_option("PATH", request.paths,
                  "Case files, folders with *.toml and *.md below them, - for standard input")
      ->required()
      ->type_name("");
  check
      .add_option("--filter", request.run.filter, "Only the cases whose whole id matches the glob")
      ->take_last()
      ->type_name("GLOB");
  check
      .add_option_function<std::string>(
          "--exclude", [&request](const std::string& glob) { request.exclude.push_back(glob); },
          "In folders: not the files and folders whose path, id or name matches")
      ->trigger_on_parse()
      ->type_name("GLOB");
  check.add_option("-j,--jobs", request.run.jobs, "Threads (default: as many as there are cores)")
      ->take_last()
      ->check(whole_number(1, most_jobs))
      ->type_name("N");
  check
      .add_option_function<std::string>(
          "--dump", [&request](const std::string& file) { request.run.dump = file; },
          "Write the gradients of one case, every entry: .npz or .safetensors")
      ->take_last()
      ->type_name("FILE");
  check.add_flag("--fail-fast", request.run.fail_fast, "Stop after the first case that fails");
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
  add_allowance(*check, request->run.allowance);
  add_output_options(*check, *request);
  check->footer(examples);
  check->callback([request, &command] { command = [request] { return run_check(*request); }; });
}

}  // namespace gradcheck::program
