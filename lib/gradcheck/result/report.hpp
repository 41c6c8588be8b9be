#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/result/verdict.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// Of a claim.
enum class ClaimVerdict { right, last_digit, wrong };

/// Of a derivation's statement; of what its operands do not exist for, nothing is said.
enum class StatementVerdict { agree, inherited, disagree, not_judged };

/// How the numeric side of a tensor was found.
enum class Way {
  shared,          ///< all entries together, from the derivatives of what they enter through
  entry_by_entry,  ///< each entry on its own, evaluating what lies downstream
  plain,           ///< the same, evaluating the whole network
};

/// What the numeric side of a tensor took.
struct Effort {
  Way way = Way::entry_by_entry;
  std::uint64_t probes = 0;
  double seconds = 0;
  std::uint64_t pilot_probes = 0;  ///< of them, those of entries that chose the steps of the others
  std::string structure = {};  ///< of an opaque layer's tensor: what was found of it; may be empty
};

/// One entry, both ways.
struct EntryReport {
  std::vector<std::size_t>
      index;  ///< for a Jacobian: the index of the output, then that of the entry
  double analytic = 0;
  double numeric = 0;
  double bound = 0;  ///< on the error of `numeric`
};

/// All entries of one tensor.
struct TensorReport {
  std::string name;
  std::string role;  ///< "parameter", "input", "intermediate"
  Shape shape;
  std::size_t line = 0;  ///< where it is given or computed; 0 if unknown
  std::size_t column = 0;
  std::size_t entries = 0;  ///< compared; for a Jacobian: outputs times entries
  Verdict verdict = Verdict::agree;
  double max_relative_error = 0;
  double max_absolute_error = 0;
  double max_bound = 0;
  std::size_t not_checked = 0;  ///< entries that were left out, as a limit wants it
  std::size_t kinks = 0;        ///< entries that reach a kink
  std::size_t unresolved = 0;   ///< entries below what arithmetic can see
  std::size_t inconclusive = 0;
  std::size_t disagreeing = 0;
  EntryReport worst;
  std::string reason;  ///< why the verdict is not agree, in words; may be empty
  Effort effort;
};

/// One claimed entry that is not right.
struct Finding {
  /// Within the claimed value: {} for a scalar, so also for the key "z3[0]". None: the shape is
  /// wrong.
  std::optional<std::vector<std::size_t>> index;
  std::string printed;  ///< as in the file; the claim's shape, "(3,)", if the shape is wrong
  double computed = 0;
  std::string computed_text;  ///< `computed`, or the shape computed if the shape is wrong
  ClaimVerdict verdict = ClaimVerdict::right;
  bool erratum = false;
  std::string erratum_key;  ///< as it stands under [errata]
  std::string reason;       ///< the erratum's
  std::string remark;  ///< what else is to be said, such as the derivatives at a kink; may be empty
  std::size_t entry = 0;  ///< flat position among the claim's entries
};

/// One key of a [claims.*] table.
struct ClaimReport {
  std::string kind;  ///< "forward", "gradient", "updated", "change", "jacobian"
  std::size_t steps = 0;
  bool after = false;  ///< it stands under [[claims.after]]
  std::string name;    ///< the key as written
  Shape shape;         ///< as printed
  std::size_t line = 0;
  std::size_t column = 0;
  std::size_t entries = 0;
  std::size_t right = 0;
  std::size_t last_digit = 0;
  std::size_t wrong = 0;
  ClaimVerdict verdict = ClaimVerdict::right;
  bool stale_erratum = false;
  Shape computed_shape;
  std::vector<double> computed;  ///< in row-major order
  std::vector<Finding> findings;
};

/// A line of a derivation that others use and that claims no gradient.
struct HelperReport {
  std::string name;
  std::string statement;  ///< as written
  std::size_t line = 0;
  Tensor value;  ///< empty shape and NaN if it has none
};

/// One dNAME statement of a derivation; also a helper, if it is to blame.
struct StatementReport {
  std::string name;       ///< the value whose gradient is claimed; of a helper its own name
  std::string target;     ///< what is assigned: "dz3"
  std::string statement;  ///< as written
  std::size_t line = 0;
  std::size_t column = 0;
  StatementVerdict verdict = StatementVerdict::agree;
  double max_relative_error = 0;
  bool first_wrong = false;
  bool erratum = false;
  std::string erratum_reason;
  bool stale_erratum = false;
  std::string detail;  ///< for a wrong one: its worst entry, the helpers used; empty otherwise
  /// For a wrong one: the two values, where they are worst; none where there is nothing to compare.
  std::optional<EntryReport> worst;
  std::optional<Shape> shape;  ///< of its value, if it has one
  std::optional<Shape> expected_shape;
  std::vector<HelperReport> helpers;  ///< that it uses, also through others
  std::optional<Tensor> claimed;      ///< for a wrong one: its value, and the right one
  std::optional<Tensor> right;
};

/// What a fault looks like and where it sits.
struct Diagnosis {
  std::string layer;    ///< "affine (line 3)", or `of_derivation`; empty if none can be blamed
  std::string tensor;   ///< the value whose gradient is wrong
  std::string pattern;  ///< "constant factor"; empty if none fits every entry
  std::string detail;   ///< the pattern in a sentence, and who inherits the fault
};

/// Diagnosis::layer for statements of a derivation.
inline constexpr const char* of_derivation = "the derivation";

/// Why a case could not be checked.
struct CaseError {
  std::string message;
  std::size_t line = 0;
  std::size_t column = 0;
};

/// Everything found out about one case.
struct CaseReport {
  std::string id;    ///< the path without .toml
  std::string file;  ///< the path as given
  std::string title;
  std::string source;
  Verdict verdict = Verdict::agree;
  bool only_zeros = false;   ///< inconclusive, since every gradient is zero on both sides
  bool out_of_time = false;  ///< inconclusive, since a limit of time left entries unchecked
  std::optional<CaseError> error;
  std::vector<CaseError> more_errors;  ///< independent of the first
  double seconds = 0;
  std::uint64_t probes = 0;
  std::vector<TensorReport> tensors;
  std::vector<ClaimReport> claims;
  std::vector<StatementReport> derivation;
  std::vector<std::string> helpers;  ///< of the derivation: those that are used, with their lines
  std::vector<Diagnosis> diagnosis;
  /// What breaks the contract of a user's layer beside its gradients, such as writing to an input.
  std::vector<std::string> findings;
  std::vector<std::string> notes;
  std::string coverage;                 ///< what was checked and what was not; empty for an error
  std::vector<std::string> degenerate;  ///< what wrong backwards this point would hide
};

/// Sums over all cases; claims counted by entry.
struct Totals {
  std::size_t cases = 0;
  std::size_t agree = 0;
  std::size_t disagree = 0;
  std::size_t inconclusive = 0;
  std::size_t errors = 0;
  std::size_t claims = 0;
  std::size_t wrong_claims = 0;  ///< those not under [errata]
  std::size_t errata = 0;        ///< wrong entries that are listed under [errata]
  std::size_t entries = 0;
  std::uint64_t probes = 0;
  double seconds = 0;
};

/// A whole run.
struct Report {
  std::uint64_t seed = 0;
  double rtol = 1e-7;
  std::vector<CaseReport> cases;
  double seconds = 0;

  /// Whether there are cases and every one agrees.
  bool agrees() const;
  Totals totals() const;
};

/// Whether a run is content with the case: it agrees, or it is inconclusive and that is allowed.
/// Gradients that are all zero are never let pass.
bool passes(const CaseReport& report, bool allow_inconclusive);

const char* to_string(Way way);
const char* to_string(ClaimVerdict verdict);
const char* to_string(StatementVerdict verdict);

}  // namespace gradcheck
