#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/requests.hpp>

namespace gradcheck {

Report run_cases_request(const gradcheck_run* given, const CallbackOptions& options) {
  const gradcheck_run run = read_struct(given, "run");
  RunOptions run_options;
  run_options.check = options.layer.check;
  run_options.check.progress = {};
  run_options.jobs = options.layer.check.jobs;
  run_options.rtol_given = options.rtol_given;
  run_options.filter = run.filter != nullptr ? run.filter : "";
  run_options.fail_fast = run.fail_fast != 0;
  run_options.allow_inconclusive = run.allow_inconclusive != 0;
  run_options.progress = options.progress;
  require_pointer(run.paths, "run", "paths");
  std::vector<std::filesystem::path> paths;
  for (std::size_t k = 0; k < run.path_count; ++k) {
    require_pointer(run.paths[k], "run", "paths[" + std::to_string(k) + "]");
    paths.emplace_back(run.paths[k]);
  }
  const FoundCases found = find_cases(paths, run_options.filter);
  if (found.files.empty()) {
    throw_value("run", "paths", "<no case>", "files, or folders with *.toml below them");
  }
  return run_cases(found.files, run_options);
}

}  // namespace gradcheck
