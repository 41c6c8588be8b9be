#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>
#include <gradcheck/tensor/budget.hpp>

namespace gradcheck {

/// How far a case is that is being checked.
struct CaseProgress {
  std::size_t number = 0;  ///< of the case in its run, from 1
  std::size_t total = 0;   ///< cases in the run
  const std::string& id;
  const TensorProgress& tensor;
};

/// How a run over many case files goes.
struct RunOptions {
  CheckOptions check = {};
  bool rtol_given = false;  ///< on the command line: then it wins over a file's [settings]
  std::string filter = {};  ///< glob over case ids; empty: all
  std::size_t jobs = 1;     ///< threads; the output does not depend on it
  bool fail_fast = false;   ///< stop after the first case that fails
  bool allow_inconclusive = false;
  /// Where the gradients of a case are written, .npz or .safetensors; empty: nowhere.
  std::filesystem::path dump = {};
  Allowance allowance = {};               ///< of each case
  const LayerLibrary* library = nullptr;  ///< whose layers networks may use; the standard ones
  /// Called as CheckOptions::progress is, of which it takes the place: from several threads at
  /// once.
  std::function<void(const CaseProgress&)> progress = {};
};

/// A case's id: its file's path, normalised and without .toml; of a case that is fenced in Markdown
/// "notes.md:12", with the line of its fence.
std::string case_id(const std::filesystem::path& file);

/// The cases among and below the paths, sorted by id, each once, however its file is spelt: *.toml,
/// and in *.md those fenced by ```gradcheck. In folders, hidden folders are passed over, and *.toml
/// files with none of a case's keys. A path that does not exist is listed too: running it gives the
/// error. `-` is standard input.
struct FoundCases {
  std::vector<std::filesystem::path> files;  ///< that match the filter
  std::vector<std::filesystem::path> empty;  ///< folders without any case, whatever the filter
  std::size_t left_out = 0;                  ///< cases that do not match the filter
  std::size_t passed_over = 0;               ///< files with none of a case's keys
};
FoundCases find_cases(const std::vector<std::filesystem::path>& paths, const std::string& filter,
                      const std::vector<std::string>& exclude = {});

/// Called after each case, in the order of the report.
using Progress = std::function<void(const CaseReport& report, std::size_t done, std::size_t total)>;

/// Runs one case. What is wrong with it is the report's error; what is thrown is a fault of ours.
CaseReport run_case(const std::filesystem::path& file, const RunOptions& options);

/// Runs all the cases. Throws the first of what `progress` or a fault of ours throws.
Report run_cases(const std::vector<std::filesystem::path>& files, const RunOptions& options,
                 const Progress& progress = {});

/// All entries of a gradient or Jacobian, both ways.
struct Comparison {
  Tensor analytic;
  Tensor numeric;
  Tensor bound;
  std::vector<Verdict> verdicts;  ///< an entry each
};

/// The local derivative of one operation: d(of)/d(by), in the shape of `by` where each entry of the
/// output depends on its own entry of the input alone; else all of `of` by all of `by`.
struct LocalStep {
  std::string of;
  std::string by;
  bool entry_by_entry = false;
  Tensor derivative;
};

/// One named value of a case with all its entries, for `gradcheck explain`.
struct ExplainedValue {
  std::string name;
  std::string role;       ///< "parameter", "input", "constant", "intermediate"
  std::string statement;  ///< as written, for an intermediate value
  Tensor value;
  bool has_gradient = false;
  Comparison gradient;           ///< dL/d(name), if it has one
  std::string no_gradient;       ///< why it has none; empty where there is nothing to say
  std::vector<LocalStep> steps;  ///< of the operations that it is computed by; small ones only
};

/// d(of)/d(by): the shape of `of`, then that of `by`.
struct ExplainedJacobian {
  std::string of;
  std::string by;
  Shape of_shape;
  Shape by_shape;
  Comparison compared;
};

/// One case in full. `values` is empty if the report has an error. Where the loss is not a scalar,
/// its Jacobians take the place of gradients.
struct Explanation {
  CaseReport report;
  std::string loss;                          ///< its name
  std::vector<ExplainedValue> values;        ///< in the order of the file
  std::vector<ExplainedJacobian> jacobians;  ///< of a loss that is no scalar, and those claimed
};
Explanation explain_case(const std::filesystem::path& file, const RunOptions& options);

/// What `gradcheck list` shows of a case without running it.
struct CaseSummary {
  std::string id;
  std::string file;
  std::string title;
  std::string source;
  std::size_t claims = 0;      ///< keys
  std::size_t statements = 0;  ///< of the derivation that claim a gradient
  std::optional<CaseError> error;
};
CaseSummary summarize_case(const std::filesystem::path& file);

}  // namespace gradcheck
