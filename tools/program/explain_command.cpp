#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/explain.hpp>

#include "check_options.hpp"
#include "commands.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

struct ExplainRequest : CommonOptions {
  std::string file;
  std::string name;
};

int run_explain(const ExplainRequest& request) {
  if (request.file.empty()) {
    throw UsageError("FILE: has <>, expected a case file");
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(request.file, ignored)) {
    throw UsageError(
        fmt::format("explain: has the folder <{}>, expected a case file", printable(request.file)));
  }
  const Explanation explanation = explain_case(request.file, request.run);
  TextStyle style;
  style.color = standard_output().wants_color(request.color);
  style.width = standard_output().width();
  style.allow_inconclusive = request.run.allow_inconclusive;
  style.one_line_errors = !standard_output().is_terminal();
  const std::string text = explanation_of(explanation, style, request.name);
  if (text.empty()) {
    throw UsageError(fmt::format("explain: no value matches --name '{}'", printable(request.name)));
  }
  standard_output().write(text, style.color);
  return status_of(explanation.report, request.run.allow_inconclusive);
}

constexpr const char* examples =
    "Example:\n"
    "  gradcheck explain cases/002_chain_rule/twice_x.toml\n"
    "\n"
    "Exit status: as of `gradcheck check` with that file.";

}  // namespace

void add_explain(CLI::App& app, Command& command) {
  const auto request = std::make_shared<ExplainRequest>();
  CLI::App* const explain =
      app.add_subcommand("explain", "Show all values, gradients and verdicts of one case");
  explain->add_option("FILE", request->file, "A case file, or - for standard input")
      ->required()
      ->type_name("");
  explain->add_option("--name", request->name, "Only the values whose name matches the glob")
      ->take_last()
      ->type_name("GLOB");
  add_common_options(*explain, *request);
  add_allowance(*explain, request->run.allowance);
  explain->footer(examples);
  explain->callback([request, &command] { command = [request] { return run_explain(*request); }; });
}

}  // namespace gradcheck::program
