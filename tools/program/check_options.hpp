#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <gradcheck/cases/run.hpp>

namespace gradcheck::program {

/// Options of `check` and `explain` alike: how gradients are compared, and colour.
struct CommonOptions {
  RunOptions run;
  std::string color = "auto";
};

void add_common_options(CLI::App& command, CommonOptions& options);

/// --timeout and --memory, of each case; without them a day, and what the machine has.
void add_allowance(CLI::App& command, Allowance& allowance, const std::string& seconds = "a day");

}  // namespace gradcheck::program
