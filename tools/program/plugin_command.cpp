#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <system_error>

#include <fmt/format.h>
#include <fnmatch.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/transfer.hpp>
#include <gradcheck/tensor/errors.hpp>

#include "child_process.hpp"
#include "commands.hpp"
#include "plugin_library.hpp"
#include "run_output.hpp"
#include "status.hpp"
#include "validators.hpp"

namespace gradcheck::program {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

struct PluginRequest : RunRequest {
  std::vector<std::string> libraries;
};

/// One check, or a library that cannot be asked for its checks.
struct Planned {
  CaseReport report;  ///< id, file, and the error of such a library
  std::size_t check = 0;
};

Report report_of(CaseReport one) {
  Report report;
  report.cases.push_back(std::move(one));
  return report;
}

CaseReport failed(CaseReport frame, const std::string& message) {
  frame.verdict = Verdict::error;
  frame.error = CaseError{message};
  return frame;
}

ChildResult in_child(const std::function<std::string()>& work, const Allowance& allowance) {
  try {
    return run_in_child(work, allowance);
  } catch (const std::system_error& error) {
    return {std::nullopt, error.what()};
  }
}

/// What `work` reports, done in a child; whatever goes wrong is an error of the case `frame`.
template <class Work>
Report isolated(const CaseReport& frame, const Allowance& allowance, Work work) {
  const auto guarded = [&]() -> Report {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      return report_of(failed(frame, "out of memory"));
    } catch (const std::exception& error) {
      return report_of(failed(frame, error.what()));
    }
  };
  const ChildResult result = in_child([&] { return to_bytes(guarded()); }, allowance);
  if (!result.bytes) {
    return report_of(failed(frame, result.problem));
  }
  try {
    return report_from_bytes(*result.bytes);
  } catch (const Error& error) {
    // Foreign code may have written anywhere.
    return report_of(failed(frame, std::string("handed back a broken ") + error.what()));
  }
}

/// The checks of a library, in its order.
std::vector<Planned> planned_for(const std::string& file, const Allowance& allowance) {
  CaseReport frame;
  frame.id = file;
  frame.file = file;
  const Report list = isolated(frame, allowance, [&] {
    Report checks;
    for (const std::string& name : PluginLibrary(file).checks()) {
      CaseReport one = frame;
      one.id = fmt::format("{}: {}", file, name);
      checks.cases.push_back(std::move(one));
    }
    return checks;
  });
  std::vector<Planned> result;
  for (const CaseReport& one : list.cases) {
    result.push_back({one, result.size()});
  }
  return result;
}

std::vector<Planned> plan(const PluginRequest& request) {
  std::vector<Planned> plans;
  for (const std::string& file : request.libraries) {
    for (Planned& planned : planned_for(file, request.run.allowance)) {
      const bool wanted = planned.report.error || request.run.filter.empty() ||
                          fnmatch(request.run.filter.c_str(), planned.report.id.c_str(), 0) == 0;
      if (wanted) {
        plans.push_back(std::move(planned));
      }
    }
  }
  if (plans.empty()) {
    throw UsageError(
        fmt::format("--filter: has <{}>, expected a glob that matches some check's "
                    "whole id",
                    printable(request.run.filter)));
  }
  return plans;
}

CaseReport checked(const Planned& planned, const PluginRequest& request) {
  if (planned.report.error) {
    return planned.report;
  }
  const auto start = Clock::now();
  Report report = isolated(planned.report, request.run.allowance, [&] {
    return PluginLibrary(planned.report.file).run(planned.check, request.run.check);
  });
  CaseReport one = report.cases.empty() ? failed(planned.report, "handed back an empty report")
                                        : std::move(report.cases.front());
  one.id = planned.report.id;
  one.file = planned.report.file;
  one.seconds = Seconds(Clock::now() - start).count();
  return one;
}

int run_plugin(const PluginRequest& request) {
  require_possible(request);
  const auto start = Clock::now();
  const std::vector<Planned> plans = plan(request);
  std::vector<std::string> ids;
  for (const Planned& planned : plans) {
    ids.push_back(planned.report.id);
  }
  LiveText text(request, ids);
  Report report;
  report.seed = request.run.check.seed;
  report.rtol = request.run.check.rtol;
  for (const Planned& planned : plans) {
    report.cases.push_back(checked(planned, request));
    text.add(report.cases.back());
    if (request.run.fail_fast && !passes(report.cases.back(), request.run.allow_inconclusive)) {
      break;
    }
  }
  report.seconds = Seconds(Clock::now() - start).count();
  text.finish(report);
  write_reports(request, report);
  return status_of(report, request.run.allow_inconclusive);
}

void add_plugin_options(CLI::App& plugin, PluginRequest& request) {
  plugin.add_option("LIBRARY", request.libraries, "Shared libraries that export layers")
      ->required()
      ->type_name("");
  plugin
      .add_option("--filter", request.run.filter, "Only the checks whose whole id matches the glob")
      ->take_last()
      ->type_name("GLOB");
  request.run.allowance.seconds = 60;
  add_allowance(plugin, request.run.allowance, "60");
  plugin.add_flag("--fail-fast", request.run.fail_fast, "Stop after the first check that fails");
}

constexpr const char* examples =
    "Examples:\n"
    "  gradcheck plugin ./my_layers.so\n"
    "  gradcheck plugin ./my_layers.so --filter '*affine*' --timeout 10\n"
    "  gradcheck plugin ./my_layers.so --report junit=report.xml\n"
    "\n"
    "A plugin exports gradcheck_get_plugin (gradcheck/c_api.h), which lists its layers with\n"
    "the shapes to try. Each check runs in a process of its own: one that crashes or does\n"
    "not end is an error, and the others still run.\n"
    "\n"
    "Exit status: as of `gradcheck check`.";

}  // namespace

void add_plugin(CLI::App& app, Command& command) {
  const auto request = std::make_shared<PluginRequest>();
  CLI::App* const plugin = app.add_subcommand("plugin", "Check the layers of a shared library");
  add_plugin_options(*plugin, *request);
  add_common_options(*plugin, *request);
  add_output_options(*plugin, *request);
  plugin->footer(examples);
  plugin->callback([request, &command] { command = [request] { return run_plugin(*request); }; });
}

}  // namespace gradcheck::program
