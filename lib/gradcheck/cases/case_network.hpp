#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/network/network.hpp>

namespace gradcheck {

/// The network of a case file, of the layers of that library. Throws LocatedError: whatever the
/// language refuses, a given value that nothing uses, an unknown loss, a loss that depends on none
/// of what is trainable; with these, mistakes of claims and of a derivation that do not depend on
/// them.
Network network_of(const CaseFile& file, const LayerLibrary& library = standard_layers());

/// The network of a case with mistakes, to which those of the network are added, and those of
/// claims and a derivation that do not depend on them; and to what could not be read, an [update]
/// that does not fit the network. Throws all of them where there is no network to check.
Network network_of(ReadCase& read, const LayerLibrary& library);

/// What a case checks, in this order, each once: every parameter (without parameters: every input
/// that the loss can be differentiated by), the names under `check`, names with a gradient claim,
/// names with a derivation statement; with `all_values` every other named value as well, but for
/// the loss, whose gradient is 1 whatever the network. A name under `check` that is unknown or a
/// constant is a mistake; claims and derivations tell of their own.
std::vector<ValueId> checked_values(const CaseFile& file, const Network& network, bool all_values,
                                    Mistakes& mistakes);

/// Throws LocatedError if the value is a constant: those are never differentiated.
void require_gradient(const Network& network, ValueId id, Position at);

/// Throws LocatedError if d(to)/d(from) is too large for a tensor.
void require_jacobian(const Network& network, ValueId to, ValueId from, Position at);

/// The value of that name. Throws LocatedError with the nearest valid name.
ValueId find_value(const Network& network, const std::string& name, Position at);

/// The entries that the subscripts of `key` select. Throws LocatedError if they do not fit the
/// shape.
Selection select_at(const Shape& shape, const std::vector<Subscript>& subscripts,
                    const std::string& key, Position at);

/// The name whose gradient a derivation's target claims: "z2" for "dz2" if the network has z2 and
/// no dz2 of its own; otherwise nothing, and the target is a helper.
std::optional<ValueId> claimed_by(const Network& network, const std::string& target);

}  // namespace gradcheck
