#pragma once

#include <string>

#include <gradcheck/cases/run.hpp>
#include <gradcheck/report/text.hpp>

namespace gradcheck {

/// A case in full: each value in the order of the file with its statement and its entries; where it
/// has a gradient, both of them with the bound and the verdict of every entry, else why it has
/// none; the Jacobians likewise; all claims and statements of the derivation; at the end the
/// verdict on the case with what is wrong. Of each step its local derivatives; of a wrong statement
/// of the derivation its entries beside the right ones; of what is large a summary and the worst
/// entries. With `name`, a glob, only what has such a name, and no claims.
std::string explanation_of(const Explanation& explanation, const TextStyle& style,
                           const std::string& name = {});

}  // namespace gradcheck
