#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/layers/forward.hpp>
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
  Shape shape;                   ///< of the numbers
  std::vector<Printed> numbers;  ///< in row-major order; empty for a formula
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

/// One key under [claims.*].
struct Claim {
  enum class Kind { forward, gradient, updated, change, jacobian };
  Kind kind = Kind::forward;
  std::string key;  ///< as written: "z3[0]", "z3/a1"
  Position at;      ///< of the key's first character, inside its quotes; so for every key below
  Written value;
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
  double learning_rate = 0;
  std::size_t steps = 1;
  Position at;
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
  std::vector<ClaimsAfter> after;
  std::optional<Program> derivation;
  std::vector<Erratum> errata;
};

/// Reads a case file's text (TOML). Throws LocatedError at the place of the first mistake.
CaseFile parse_case_file(std::string_view text);

/// Reads the file at `path` and parses it. Throws LocatedError; line 0 if the file cannot be read.
CaseFile read_case_file(const std::filesystem::path& path);

}  // namespace gradcheck
