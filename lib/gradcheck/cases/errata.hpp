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
  Shape shape;                         ///< of the named tensor
  std::vector<std::size_t> positions;  ///< of the claimed entries in it
};

/// Marks the findings and statements that [errata] lists, with their reasons, and the claims and
/// statements with an erratum although they are right as stale. `places` belong to `claims`, one
/// each. Throws LocatedError at an erratum that names no claim.
void apply_errata(const std::vector<Erratum>& errata, const std::vector<ClaimPlace>& places,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation);

}  // namespace gradcheck
