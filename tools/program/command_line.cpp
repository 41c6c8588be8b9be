#include "command_line.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/version.hpp>

#include "commands.hpp"
#include "materials.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

constexpr std::size_t help_column = 26;
constexpr const char* description =
    "Checks gradients and worked backpropagation examples, entry by entry.";
constexpr const char* examples =
    "Examples:\n"
    "  gradcheck check cases                                check all cases of a folder\n"
    "  gradcheck explain cases/002_chain_rule/twice_x.toml  see one of them in full\n"
    "  gradcheck layers relu                                see what a layer computes\n"
    "\n"
    "`gradcheck COMMAND --help` tells the options of a command.";

/// The version; what the program is made of, too, if `verbose`.
std::string version_text(bool verbose) {
  std::string text = fmt::format("gradcheck {}", version);
  for (const auto& [name, its_version] : materials) {
    text += verbose ? fmt::format("\n  {:<14}{}", name, its_version) : "";
  }
  return text;
}

/// --version, and a --verbose that goes with it alone: CLI11 reads options in the order of their
/// definitions.
void add_version(CLI::App& app, bool& verbose) {
  app.add_flag("--verbose", verbose)->group("");
  app.set_version_flag(
      "--version", [&verbose] { return version_text(verbose); },
      "Print the version (with --verbose, what it is made of, too) and exit");
}

void set_up(CLI::App& app, Command& command) {
  app.name("gradcheck");
  app.require_subcommand(1);
  app.footer(examples);
  add_check(app, command);
  add_explain(app, command);
  add_list(app, command);
  add_layers(app, command);
  add_plugin(app, command);
  add_new(app, command);
  add_fill(app, command);
  for (CLI::App* one : app.get_subcommands({})) {
    one->get_formatter()->column_width(help_column);
    one->set_version_flag("--version", fmt::format("gradcheck {}", version))->group("");
  }
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest_name(word, known);
  return near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

/// The subcommand that was given, or the program itself.
CLI::App& given_command(CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? app : *given.front();
}

[[noreturn]] void refuse(CLI::App& app, const std::string& problem) {
  const CLI::App& command = given_command(app);
  const std::string name = &command == &app ? "" : " " + command.get_name();
  throw UsageError(fmt::format("{}\nTry 'gradcheck{} --help'.", printable(problem), name));
}

/// A path in the place of a command is meant to be checked.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  std::error_code ignored;
  if (word == "-" || std::filesystem::exists(word, ignored) || word.ends_with(".toml")) {
    return fmt::format("a command is missing, did you mean 'gradcheck check {}'?", word);
  }
  return fmt::format("unknown command '{}'{}", word, suggestion(word, command_names(app)));
}

/// What is left over after everything known has been taken.
[[noreturn]] void refuse_extra(CLI::App& app, const std::string& word) {
  CLI::App& command = given_command(app);
  if (word.rfind('-', 0) != 0) {
    const bool is_command = &command == &app;
    refuse(app,
           is_command ? unknown_command(app, word) : fmt::format("unexpected argument '{}'", word));
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      known.push_back("--" + name);
    }
  }
  const std::string name = word.substr(0, word.find('='));
  refuse(app, fmt::format("unknown option '{}'{}", name, suggestion(name, known)));
}

std::string first_extra(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  return rest.empty() ? "" : rest.front();
}

[[noreturn]] void refuse(CLI::App& app, const CLI::ParseError& error) {
  const std::string extra = first_extra(app);
  if (!extra.empty()) {
    refuse_extra(app, extra);
  }
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    refuse(app, message.substr(0, message.find(':')) + ": a value is missing");
  }
  const bool no_command = app.get_subcommands().empty();
  refuse(app, no_command
                  ? fmt::format("a command is missing: {}", fmt::join(command_names(app), ", "))
                  : message);
}

std::string indented(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out;
  for (const std::string& line : wrap(text, width - indent)) {
    out += std::string(indent, ' ') + line + "\n";
  }
  return out;
}

/// A line of help that is too wide for the terminal: what an option does stands below it.
std::string narrow_line(const std::string& line, std::size_t width) {
  constexpr std::size_t description_indent = 6;
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", indent);
  if (indent == 0 || gap == std::string::npos) {
    return indented(line.substr(indent), indent, width);
  }
  return line.substr(0, gap) + "\n" +
         indented(line.substr(line.find_first_not_of(' ', gap)), description_indent, width);
}

std::string fitted_help(const std::string& help) {
  if (!standard_output().is_terminal()) {
    return help;
  }
  const std::size_t width = std::max(standard_output().width(), least_width);
  std::istringstream lines(help);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    out += display_width(line) <= width ? line + "\n" : narrow_line(line, width);
  }
  return out;
}

/// Whether there is something to run: --help and --version have been answered already.
bool parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    standard_output().write(fitted_help(app.help()));
  } catch (const CLI::CallForVersion& version_text) {
    standard_output().write(std::string(version_text.what()) + "\n");
  } catch (const UsageError& error) {
    refuse(app, error.what());
  } catch (const CLI::ParseError& error) {
    refuse(app, error);
  }
  return false;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app(description);
  Command command;
  bool verbose = false;
  add_version(app, verbose);
  set_up(app, command);
  if (!parse(app, argc, argv)) {
    return status_agree;
  }
  if (verbose) {
    throw UsageError(
        "--verbose: has no --version before a command, expected it behind the command");
  }
  return command();
}

int complain(const std::string& message, int status) noexcept {
  try {
    Output& output = standard_error();
    const std::string text = "gradcheck: " + message;
    const std::size_t width = std::max(output.width(), least_width);
    output.write(output.is_terminal() ? indented(text, 0, width) : text + "\n");
  } catch (...) {
    // There is nobody left to tell.
  }
  return status;
}

}  // namespace gradcheck::program
