#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/dump.hpp>
#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/cases/run.hpp>
#include <gradcheck/compare/stopwatch.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/tensor/parallel.hpp>

namespace gradcheck {

namespace fs = std::filesystem;

namespace {

CaseReport report_for(const fs::path& file) {
  CaseReport report;
  report.id = case_id(file);
  report.file = fenced_place(file).first.generic_string();
  return report;
}

void fail(CaseReport& report, const std::string& message, Position at) {
  report.verdict = Verdict::error;
  report.error = CaseError{message, at.line, at.column};
}

std::string out_of_memory() {
  const Budget* const budget = Budget::current();
  return budget != nullptr && budget->refused()
             ? "memory: has a need of more, expected at most " + budget->memory_text() +
                   "; --memory allows more"
             : "out of memory: the network is larger than this machine can hold";
}

/// Runs `work` and turns what is wrong with the case into the report's error; a fault of ours
/// passes through, with the file that brought it to light.
template <class Work>
void guarded(CaseReport& report, Work work) {
  try {
    work();
  } catch (const SeveralMistakes& several) {
    fail(report, several.what(), several.at);
    for (const LocatedError& one : several.more) {
      report.more_errors.push_back({one.what(), one.at.line, one.at.column});
    }
  } catch (const LocatedError& error) {
    fail(report, error.what(), error.at);
  } catch (const Error& error) {
    fail(report, error.what(), {});
  } catch (const BudgetError& error) {
    fail(report, error.what(), {});
  } catch (const std::bad_alloc&) {
    fail(report, out_of_memory(), {});
  } catch (const std::exception& fault) {
    throw std::runtime_error(report.file + ": " + fault.what());
  }
}

/// Fills in the parts of a report that the checking of a file does not know.
CaseReport completed(CaseReport found, const CaseReport& frame, double seconds) {
  found.id = frame.id;
  found.file = frame.file;
  found.seconds = seconds;
  return found;
}

CaseOutcome outcome_of(const fs::path& path, const RunOptions& options) {
  CaseOutcome outcome;
  CaseReport frame = report_for(path);
  const Budget budget(options.allowance);
  guarded(frame, [&] {
    ReadCase read = read_case_file(path);
    CaseFile& file = read.file;
    frame.title = file.title;
    frame.source = file.source;
    const LayerLibrary& library = options.library != nullptr ? *options.library : standard_layers();
    if (options.rtol_given) {
      file.settings.rtol.reset();
    }
    const Stopwatch watch;
    outcome = check_case(std::move(read), options.check, library);
    outcome.report = completed(std::move(outcome.report), frame, watch.seconds());
    if (!options.dump.empty()) {
      write_tensors(options.dump, gradients_of(outcome));
    }
  });
  if (frame.error) {
    outcome.report = frame;
  }
  return outcome;
}

/// Hands out finished reports in their order, whichever thread finishes first.
class InOrder {
 public:
  InOrder(std::size_t total, const RunOptions& options, const Progress& progress)
      : reports_(total), finished_(total), options_(options), progress_(progress) {}

  void finish(std::size_t k, CaseReport report) {
    const std::lock_guard lock(mutex_);
    reports_[k] = std::move(report);
    finished_[k] = true;
    for (; !stopped_ && done_ < reports_.size() && finished_[done_]; ++done_) {
      if (progress_) {
        progress_(reports_[done_], done_ + 1, reports_.size());
      }
      stopped_ = options_.fail_fast && !passes(reports_[done_], options_.allow_inconclusive);
    }
  }

  bool stopped() const { return stopped_; }

  std::vector<CaseReport> take() {
    reports_.resize(done_);
    return std::move(reports_);
  }

 private:
  std::vector<CaseReport> reports_;
  std::vector<bool> finished_;
  const RunOptions& options_;
  const Progress& progress_;
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::atomic<bool> stopped_ = false;
};

/// The options of the cases of a run: where there are more threads than cases, each has its share.
RunOptions sharing_threads(const RunOptions& options, std::size_t cases) {
  RunOptions result = options;
  result.check.jobs = std::max<std::size_t>(1, options.jobs / std::max<std::size_t>(1, cases));
  return result;
}

/// The options of one case of a run, which tell on what they are told about its tensors.
RunOptions telling(const RunOptions& options, const std::string& id, std::size_t number,
                   std::size_t total) {
  RunOptions result = options;
  if (options.progress) {
    result.check.progress = [&options, &id, number, total](const TensorProgress& tensor) {
      options.progress({number, total, id, tensor});
    };
  }
  return result;
}

Comparison comparison_of(const TensorCheck& check) {
  return {check.analytic, check.numeric, check.bound, check.verdicts};
}

/// Whether the loss depends on the value in any way, also where nothing is differentiated.
bool reaches_loss(const Network& network, ValueId id) {
  std::vector<bool> moved(network.values().size());
  moved[id] = true;
  for (const Network::Node& node : network.nodes()) {
    const bool reached = std::ranges::any_of(node.inputs, [&](ValueId i) { return moved[i]; });
    for (const ValueId output : node.outputs) {
      moved[output] = moved[output] || reached;
    }
  }
  return moved[network.loss()];
}

std::string why_no_gradient(const Network& network, ValueId id) {
  if (network.value(id).role == Role::constant) {
    return "nothing is differentiated by a constant";
  }
  const std::string& loss = network.value(network.loss()).name;
  if (!reaches_loss(network, id)) {
    return loss + " does not depend on it";
  }
  const bool needed = upstream_values(network.graph(), network.loss())[id];
  return needed ? ""
                : "it reaches " + loss +
                      " only through what has none (labels, indices, comparisons, stop_gradient)";
}

std::string text_of(const Value& value) {
  return value.name.empty() ? value.expression : value.name;
}

/// Jacobians of more entries are not shown.
constexpr std::size_t most_shown = 256;

/// d(output)/d(input) of one operation; none where it is too large or the layer refuses.
std::optional<LocalStep> local_step(const CaseOutcome& outcome, const Network::Node& node,
                                    std::size_t slot) {
  const Network& network = outcome.network;
  const ValueId of = node.outputs[0], by = node.inputs[slot];
  const Tensor& y = outcome.values[of];
  const Tensor& x = outcome.values[by];
  if (y.size() * x.size() > most_shown || node.outputs.size() != 1 ||
      !node.layer->differentiable(slot)) {
    return std::nullopt;
  }
  const std::vector<const Tensor*> inputs = inputs_of(node.inputs, outcome.values);
  LocalStep step{text_of(network.value(of)), text_of(network.value(by)), shape_of(x) == shape_of(y),
                 zeros<double>({y.size(), x.size()})};
  for (std::size_t j = 0; j < y.size(); ++j) {
    Tensor upstream = zeros<double>(shape_of(y));
    upstream.data()[j] = 1;
    const Tensor row = node.layer->backward({upstream}, Inputs<double>(inputs), {y})[slot];
    for (std::size_t i = 0; i < row.size(); ++i) {
      step.derivative.data()[j * x.size() + i] = row.data()[i];
      step.entry_by_entry = step.entry_by_entry && (i == j || row.data()[i] == 0);
    }
  }
  if (step.entry_by_entry) {
    Tensor diagonal = empty<double>(shape_of(x));
    for (std::size_t i = 0; i < x.size(); ++i) {
      diagonal.data()[i] = step.derivative.data()[i * x.size() + i];
    }
    step.derivative = std::move(diagonal);
  }
  return step;
}

/// The operations of the statement that computes a named value.
std::vector<LocalStep> local_steps(const CaseOutcome& outcome, ValueId id) {
  const Network& network = outcome.network;
  std::vector<bool> wanted(network.values().size());
  wanted[id] = true;
  std::vector<LocalStep> steps;
  for (std::size_t k = network.nodes().size(); k-- > 0;) {
    const Network::Node& node = network.nodes()[k];
    if (!wanted[node.outputs[0]]) {
      continue;
    }
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const Value& input = network.value(node.inputs[slot]);
      const bool part = input.name.empty() && input.role == Role::intermediate;
      wanted[node.inputs[slot]] = wanted[node.inputs[slot]] || part;
      if (input.role != Role::constant) {
        if (std::optional<LocalStep> step = local_step(outcome, node, slot)) {
          steps.push_back(std::move(*step));
        }
      }
    }
  }
  return steps;
}

ExplainedValue explained(const CaseOutcome& outcome, ValueId id) {
  const Value& value = outcome.network.value(id);
  ExplainedValue result;
  result.name = value.name;
  result.role = to_string(value.role);
  result.statement = value.expression;
  result.value = outcome.values[id];
  const auto checked = outcome.checked.find(id);
  result.has_gradient = checked != outcome.checked.end() &&
                        entries_of(outcome.network.value(outcome.network.loss()).shape) == 1;
  if (result.has_gradient) {
    result.gradient = comparison_of(checked->second);
  } else {
    result.no_gradient = why_no_gradient(outcome.network, id);
  }
  if (value.role == Role::intermediate) {
    result.steps = local_steps(outcome, id);
  }
  return result;
}

ExplainedJacobian explained(const Network& network, ValueId of, ValueId by,
                            const TensorCheck& check) {
  const Value& y = network.value(of);
  const Value& x = network.value(by);
  return {y.name, x.name, y.shape, x.shape, comparison_of(check)};
}

std::vector<ExplainedJacobian> explained_jacobians(const CaseOutcome& outcome) {
  const Network& network = outcome.network;
  std::vector<ExplainedJacobian> jacobians;
  if (entries_of(network.value(network.loss()).shape) != 1) {
    for (const auto& [id, check] : outcome.checked) {
      jacobians.push_back(explained(network, network.loss(), id, check));
    }
  }
  for (const auto& [pair, check] : outcome.jacobians) {
    jacobians.push_back(explained(network, pair.first, pair.second, check));
  }
  return jacobians;
}

/// How many statements of the derivation claim a gradient, for the names alone.
std::size_t derived_gradients(const CaseFile& file) {
  if (!file.derivation) {
    return 0;
  }
  std::set<std::string> names;
  for (const Given& given : file.given) {
    names.insert(given.name);
  }
  for (const Statement& statement : parse_statements(file.network.text, file.network.at)) {
    names.insert(statement.targets.begin(), statement.targets.end());
  }
  const std::vector<Statement> statements =
      parse_statements(file.derivation->text, file.derivation->at);
  return static_cast<std::size_t>(std::ranges::count_if(statements, [&](const Statement& one) {
    const std::string& target = one.targets[0];
    return target[0] == 'd' && names.contains(target.substr(1)) && !names.contains(target);
  }));
}

}  // namespace

CaseReport run_case(const fs::path& file, const RunOptions& options) {
  return outcome_of(file, options).report;
}

Report run_cases(const std::vector<fs::path>& files, const RunOptions& options,
                 const Progress& progress) {
  const Stopwatch watch;
  InOrder results(files.size(), options, progress);
  const RunOptions each = sharing_threads(options, files.size());
  in_parallel(options.jobs, files.size(), [&] {
    return [&](std::size_t k) {
      if (!results.stopped()) {
        const std::string id = case_id(files[k]);
        results.finish(k, run_case(files[k], telling(each, id, k + 1, files.size())));
      }
    };
  });
  Report report;
  report.seed = options.check.seed;
  report.rtol = options.check.rtol;
  report.cases = results.take();
  report.seconds = watch.seconds();
  return report;
}

Explanation explain_case(const fs::path& file, const RunOptions& options) {
  RunOptions all = options;
  all.check.all_values = true;
  CaseOutcome outcome = outcome_of(file, all);
  Explanation explanation;
  explanation.report = std::move(outcome.report);
  if (outcome.values.empty()) {
    return explanation;  // there was no network to check
  }
  explanation.loss = outcome.network.value(outcome.network.loss()).name;
  for (ValueId id = 0; id < outcome.network.values().size(); ++id) {
    if (!outcome.network.value(id).name.empty()) {
      explanation.values.push_back(explained(outcome, id));
    }
  }
  explanation.jacobians = explained_jacobians(outcome);
  return explanation;
}

CaseSummary summarize_case(const fs::path& path) {
  CaseReport frame = report_for(path);
  CaseSummary summary;
  summary.id = frame.id;
  summary.file = frame.file;
  guarded(frame, [&] {
    const ReadCase read = read_case_file(path);
    read.mistakes.throw_any();
    const CaseFile& file = read.file;
    summary.title = file.title;
    summary.source = file.source;
    summary.claims = file.claims.size();
    for (const ClaimsAfter& after : file.after) {
      summary.claims += after.claims.size();
    }
    summary.statements = derived_gradients(file);
  });
  summary.error = frame.error;
  return summary;
}

}  // namespace gradcheck
