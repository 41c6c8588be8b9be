#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gradcheck/layers/forward.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/network/read_statements.hpp>
#include <gradcheck/network/syntax.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// One printed number and how precisely it was printed.
struct Printed {
  std::string text;  ///< as printed: "0.96", "\frac{2}{3} 38"
  double value = 0;
  double half_unit = 0;  ///< half a unit of its last digit; 0 if exact (an integer, a fraction)
  int digits = 0;        ///< significant digits printed
};

/// A value as somebody wrote it: numbers (of a TOML array, a LaTeX matrix, ...) or a formula.
struct Written {
  Position at;
  Position end;                  ///< after its last character
  Shape shape;                   ///< of the numbers
  std::vector<Printed> numbers;  ///< in row-major order; empty for a formula
  bool all_equal = false;        ///< a generator: `numbers` holds one, which stands for every entry
  std::string formula;           ///< in the network language; empty for numbers
  Position formula_at;           ///< where the formula's first character stands
};

/// A tensor of [inputs], [constants] or [parameters].
struct Given {
  enum class Table { inputs, constants, parameters };
  std::string name;
  Position at;
  Table table = Table::inputs;
  Tensor value;
};

/// The difference quotient by which a source got its numeric gradients.
struct DifferenceScheme {
  bool forward = false;  ///< (f(x + h) - f(x)) / h; else (f(x + h) - f(x - h)) / (2 h)
  double step = 0;       ///< h
};

/// One key under [claims.*].
struct Claim {
  enum class Kind {
    forward,
    gradient,
    updated,
    change,
    jacobian,
    numeric_gradient,
    relative_error,  ///< of the analytic gradient and the numeric one
  };
  Kind kind = Kind::forward;
  std::string key;  ///< as written: "z3[0]", "z3/a1"
  Position at;      ///< of the key's first character, inside its quotes; so for every key below
  Written value;
  DifferenceScheme scheme = {};  ///< of a numeric claim
  bool judged = true;            ///< false: for what it is about could not be read
};

/// [[claims.after]]: the claims on the state after so many steps.
struct ClaimsAfter {
  std::size_t steps = 0;
  Position at;
  std::vector<Claim> claims;
};

/// One key under [errata].
struct Erratum {
  std::string key;  ///< "updated.W3[1, 1]", "after[1].forward.L", "derivation.dz2"
  std::string reason;
  Position at;
};

/// [update]
struct UpdateRule {
  std::string rule = "sgd";
  std::vector<double> learning_rate;                        ///< by step; the last goes on
  std::map<std::string, std::vector<double>> by_parameter;  ///< in place of that, for each of them
  std::vector<std::string> order;  ///< of the parameters, if they move one after another
  std::size_t steps = 1;
  Position at;
  Position rate_at;
  Position order_at;

  /// The learning rate of a parameter in the step of that number, from 1.
  double rate_of(const std::string& parameter, std::size_t step) const;
};

/// [settings]: as on the command line, for this file; the precision has no option there.
struct CaseSettings {
  std::optional<double> rtol;
  std::optional<double> step;
  std::optional<std::string> method;         ///< "central" or "forward"
  Precision precision = Precision::float64;  ///< of the analytic side
};

/// A text in the network language and where its first character stands in the file.
struct Program {
  std::string text;
  Position at;
};

/// A case file as it stands in the file: parsed and checked for form, not yet for meaning.
struct CaseFile {
  std::string title;
  std::string source;
  std::vector<std::string> check;  ///< names to check beside the parameters
  Position check_at;
  std::optional<std::string> loss;
  Position loss_at;
  CaseSettings settings;
  Program network;
  std::vector<Given> given;
  std::optional<UpdateRule> update;
  std::vector<Claim> claims;
  std::optional<double> tolerance;  ///< [claims] tolerance
  bool strict = false;              ///< [claims] strict: last_digit is wrong
  std::vector<ClaimsAfter> after;
  std::optional<Program> derivation;
  bool derivation_as_printed = false;     ///< [derivation] digits = "printed"
  std::optional<double> derivation_rtol;  ///< [derivation] rtol
  std::vector<Erratum> errata;
};

/// What could be read of a case file, and the mistakes of the rest.
struct ReadCase {
  CaseFile file;
  LostNames lost;  ///< of given values
  std::set<std::string>
      unread;  ///< top-level keys with a mistake; "claims": in how they are judged
  Mistakes mistakes;
};

/// Reads a case file's text (TOML); paths of tensor files in it start from `folder`. Throws
/// LocatedError only where it is no TOML.
ReadCase read_case(std::string_view text, const std::filesystem::path& folder = {});

/// As read_case, but throws LocatedError for any mistake, all of them (SeveralMistakes).
CaseFile parse_case_file(std::string_view text, const std::filesystem::path& folder = {});

/// The text of the case at `path`: a file, `-` for standard input, or "notes.md:12" for what is
/// fenced in Markdown from that line on, with its lines where they are in that file. Throws
/// LocatedError, with line 0 if it cannot be read.
std::string read_case_text(const std::filesystem::path& path);

/// Reads the case at `path`. Throws LocatedError where nothing of it can be read.
ReadCase read_case_file(const std::filesystem::path& path);

/// The tensor files that the case at `path` names; none where that is no file, or cannot be read.
std::vector<std::filesystem::path> tensor_files_of(const std::filesystem::path& path);

/// The top-level keys of a case file.
const std::vector<std::string>& case_keys();

}  // namespace gradcheck
