#pragma once

#include <functional>

#include <CLI/CLI.hpp>

/// The commands of the program. Each adds its subcommand with its options to `app` and leaves in
/// `command` what is to be run once the command line has been read; that returns the exit status.

namespace gradcheck::program {

using Command = std::function<int()>;

void add_check(CLI::App& app, Command& command);
void add_explain(CLI::App& app, Command& command);
void add_fill(CLI::App& app, Command& command);
void add_layers(CLI::App& app, Command& command);
void add_list(CLI::App& app, Command& command);
void add_new(CLI::App& app, Command& command);
void add_plugin(CLI::App& app, Command& command);

}  // namespace gradcheck::program
