#pragma once

#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/check/report.hpp>

namespace gradcheck {

/// Where the findings of a judged claim stand in the tensor that it names, for matching errata with
/// an index.
struct ClaimPlace {
  Claim::Kind kind = Claim::Kind::forward;
  std::size_t steps = 0;               ///< for claims under [[claims.after]]
  bool after = false;                  ///< whether the claim stands there
  std::string name;                    ///< the key without subscripts
  Shape shape;                         ///< of the named tensor; not for a Jacobian
  std::vector<std::size_t> positions;  ///< of the claimed entries in it; not for a Jacobian
};

/// Marks the findings and statements that [errata] lists, with their reasons, and the claims and
/// statements with an erratum although they are right as stale. `places` belong to `claims`, one
/// each.
///
/// An erratum's key covers a claim whose key it is; claims of entries of the tensor or Jacobian
/// that it names; and, where an index follows a claim's key, those entries: of the tensor named, if
/// the claim is of a whole one, else of the array as printed. Throws LocatedError at an erratum
/// that names no claim.
void apply_errata(const std::vector<Erratum>& errata, const std::vector<ClaimPlace>& places,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation);

}  // namespace gradcheck
