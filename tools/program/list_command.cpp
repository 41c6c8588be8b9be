#include <algorithm>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/table.hpp>
#include <gradcheck/report/wording.hpp>

#include "commands.hpp"
#include "found_cases.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

struct ListRequest {
  std::vector<std::string> paths;
  std::string filter;
};

int run_list(const ListRequest& request) {
  const FoundCases found = find_or_complain(request.paths, request.filter);
  Table table(
      {{"case"}, {"claims", true}, {"derivation", true}, {"title", false, Keep::always, 10}});
  std::string errors;
  for (const auto& file : found.files) {
    const CaseSummary summary = summarize_case(file);
    if (summary.error) {
      errors += error_line(printable(summary.file), *summary.error) + "\n";
    } else {
      table.add({{printable(summary.id)},
                 {count_text(summary.claims)},
                 {count_text(summary.statements)},
                 {printable(summary.title)}});
    }
  }
  // What goes to another program is not cut.
  constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  Output& output = standard_output();
  if (!table.empty()) {
    const bool color = output.wants_color("auto");
    const std::size_t width =
        output.is_terminal() ? std::max<std::size_t>(40, output.width()) : unlimited;
    output.write(table.text(0, width, color), color);
  }
  standard_error().write(errors);
  const bool good = errors.empty() && found.empty.empty() && !found.files.empty();
  return good ? status_agree : status_bad_input;
}

}  // namespace

void add_list(CLI::App& app, Command& command) {
  const auto request = std::make_shared<ListRequest>();
  CLI::App* const list = app.add_subcommand("list", "List cases without running them");
  list->add_option("PATH", request->paths, "Case files, and folders with *.toml below them")
      ->required()
      ->type_name("");
  list->add_option("--filter", request->filter, "Only the cases whose whole id matches the glob")
      ->take_last()
      ->type_name("GLOB");
  list->footer(
      "claims: keys under [claims]; derivation: its statements that claim a gradient.\n\n"
      "Example:\n  gradcheck list cases --filter '*relu*'");
  list->callback([request, &command] { command = [request] { return run_list(*request); }; });
}

}  // namespace gradcheck::program
