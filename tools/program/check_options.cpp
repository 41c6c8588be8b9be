#include "check_options.hpp"

#include <limits>

#include "validators.hpp"

namespace gradcheck::program {
namespace {

double number(const std::string& text) { return std::stod(text); }

void add_tolerances(CLI::App& command, CommonOptions& options) {
  command
      .add_option_function<std::string>(
          "--rtol",
          [&options](const std::string& text) {
            options.run.check.rtol = number(text);
            options.run.rtol_given = true;
          },
          "Relative tolerance (default 1e-7)")
      ->take_last()
      ->check(positive_number())
      ->type_name("X");
  command
      .add_option_function<std::string>(
          "--step", [&options](const std::string& text) { options.run.check.step = number(text); },
          "Step h, absolute (default: chosen per entry)")
      ->take_last()
      ->check(positive_number())
      ->type_name("X");
}

void add_method(CLI::App& command, CommonOptions& options) {
  command
      .add_option_function<std::string>(
          "--method",
          [&options](const std::string& word) {
            options.run.check.method = word == "central" ? Method::central : Method::forward;
          },
          "Differences: central or forward (default central)")
      ->take_last()
      ->check(one_of({"central", "forward"}))
      ->type_name("METHOD");
  command
      .add_option_function<std::string>(
          "--sweep",
          [&options](const std::string& word) {
            options.run.check.sweep = word == "auto" ? Sweep::automatic : Sweep::plain;
          },
          "auto: whole tensors at once where possible; plain: everything for each entry")
      ->take_last()
      ->check(one_of({"auto", "plain"}))
      ->type_name("WAY");
}

}  // namespace

void add_common_options(CLI::App& command, CommonOptions& options) {
  add_tolerances(command, options);
  add_method(command, options);
  command.add_option("--seed", options.run.check.seed, "Seed of all random choices (default 0)")
      ->take_last()
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("N");
  command.add_flag("--all-values", options.run.check.all_values,
                   "Every named value but the loss, not only the trained");
  command.add_flag("--allow-inconclusive", options.run.allow_inconclusive,
                   "Accept entries that cannot be judged");
  command.add_option("--color", options.color, "Colour: always, never or auto (default auto)")
      ->take_last()
      ->check(one_of({"always", "never", "auto"}))
      ->type_name("WHEN");
}

}  // namespace gradcheck::program
