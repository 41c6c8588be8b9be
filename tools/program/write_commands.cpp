#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <gradcheck/cases/fill.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/wording.hpp>

#include "commands.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

constexpr const char* new_case = R"(title  = "What this example shows"
source = "where it comes from: book, page, exercise"

network = '''
z = x @ W + b
a = sigmoid(z)
L = half_squared_error(a, t)
'''

[inputs]                      # data and targets
x = [1, 2]
t = 1

[parameters]                  # what is trained
W = [0.5, -0.25]
b = 0.1

[update]                      # remove it if the example has none
learning_rate = 0.1

[claims.forward]              # what the example prints; `gradcheck fill FILE` puts the values in
z = 0.1
a = 0.525

[claims.gradient]
z = -0.118
W = [-0.118, -0.237]

[claims.updated]
b = 0.112

[derivation]                  # the backward pass by hand; each dNAME is checked
steps = '''
da = a - t
dz = da * a * (1 - a)
dW = dz * x
db = dz
'''
)";

/// Writes a file that is not there yet; throws UsageError otherwise.
void write_new(const std::filesystem::path& file, std::string_view text) {
  const int number = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (number < 0) {
    throw UsageError(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  }
  const bool written = write(number, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(number) != 0 || !written) {
    throw UsageError(fmt::format("{}: cannot be written", file.string()));
  }
}

int run_new(const std::string& name) {
  if (name.empty()) {
    throw UsageError("NAME: has <>, expected a name or -");
  }
  if (name == "-") {
    standard_output().write_data(new_case);
    return status_agree;
  }
  std::filesystem::path file = name;
  if (file.extension() != ".toml") {
    file += ".toml";
  }
  write_new(file, new_case);
  standard_output().write(printable(file.string()) + "\n");
  return status_agree;
}

int run_fill(const std::string& file) {
  try {
    const FilledCase filled = filled_case(file, {});
    standard_output().write_data(filled.text);
    for (const CaseError& error : errors_of(filled.report)) {
      standard_error().write(error_line(printable(file), error) + "\n");
    }
    return filled.report.error ? status_bad_input : status_agree;
  } catch (const LocatedError& error) {
    const CaseError told{error.what(), error.at.line, error.at.column};
    standard_error().write(error_line(printable(file), told) + "\n");
  } catch (const Error& error) {
    standard_error().write(error_line(printable(file), {error.what(), 0, 0}) + "\n");
  }
  return status_bad_input;
}

}  // namespace

void add_new(CLI::App& app, Command& command) {
  const auto name = std::make_shared<std::string>();
  CLI::App* const one = app.add_subcommand("new", "Write a case file to begin with");
  one->add_option("NAME", *name, "NAME.toml is written, never overwritten; - for standard output")
      ->required()
      ->type_name("");
  one->footer("Example:\n  gradcheck new exercise_3");
  one->callback([name, &command] { command = [name] { return run_new(*name); }; });
}

void add_fill(CLI::App& app, Command& command) {
  const auto file = std::make_shared<std::string>();
  CLI::App* const fill =
      app.add_subcommand("fill", "Print a case file with the computed values in its claims");
  fill->add_option("FILE", *file, "A case file, or - for standard input")
      ->required()
      ->type_name("");
  fill->footer(
      "Claims that are right stay as they are; the others keep their number of decimals.\n\n"
      "Example:\n  gradcheck fill exercise_3.toml > filled.toml");
  fill->callback([file, &command] { command = [file] { return run_fill(*file); }; });
}

}  // namespace gradcheck::program
