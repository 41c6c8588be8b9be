#pragma once

#include <string>
#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck {

/// A value that a key names and the part of it that the key's subscripts choose: "z3[0]".
struct Part {
  std::string name;
  ValueId id = 0;
  Shape shape;  ///< of the whole value
  Selection selection;
};

/// A claim with all that its key says, and the state of the training that it speaks of.
struct PlannedClaim {
  const Claim* claim = nullptr;
  std::size_t steps = 0;    ///< of the update, before it is judged
  bool after = false;       ///< whether it stands under [[claims.after]]
  std::vector<Part> parts;  ///< one; for a Jacobian "y/x" y, then x
};

/// The claims of a file, in the order of the file. A mistake each: a key that names nothing that
/// could be claimed, an index out of range, an update that the file does not have.
std::vector<PlannedClaim> plan_claims(const CaseFile& file, const Network& network,
                                      Mistakes& mistakes);

/// A key before it is looked up: a name with its subscripts; "y/x" is two.
using Reference = std::pair<std::string, std::vector<Subscript>>;
std::vector<Reference> parse_references(std::string_view key, bool jacobian, Position at);

/// The flat positions of what the parts choose in the tensor that they are about: the value, or the
/// Jacobian with the shape of y followed by that of x.
std::vector<std::size_t> positions_of(const std::vector<Part>& parts);

}  // namespace gradcheck
