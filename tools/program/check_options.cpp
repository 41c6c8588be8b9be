#include "check_options.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include <unistd.h>

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

/// The bytes of a control group's limit (cgroup v2); the largest number where there is none.
std::size_t control_group_memory() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::size_t bytes = 0;
  return file >> bytes ? bytes : std::numeric_limits<std::size_t>::max();
}

/// What there is in this machine: no case can have more.
std::size_t memory_of_machine() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long size = sysconf(_SC_PAGESIZE);
  const std::size_t physical =
      pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size)
                            : std::numeric_limits<std::size_t>::max();
  return std::min(physical, control_group_memory());
}

}  // namespace

void add_allowance(CLI::App& command, Allowance& allowance, const std::string& seconds) {
  allowance.bytes = memory_of_machine();
  command
      .add_option_function<std::string>(
          "--timeout",
          [&allowance](const std::string& text) { allowance.seconds = seconds_in(text); },
          "What one case may take, as in 30, 5s or 2m (default " + seconds + ")")
      ->take_last()
      ->check(duration())
      ->type_name("S");
  command
      .add_option_function<std::string>(
          "--memory", [&allowance](const std::string& text) { allowance.bytes = bytes_in(text); },
          "What one case may hold, as in 512M or 1G (default: all there is)")
      ->take_last()
      ->check(byte_count())
      ->type_name("BYTES");
}

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
