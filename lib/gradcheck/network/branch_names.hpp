#pragma once

#include <functional>
#include <map>
#include <string>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// One of the two branches of where(mask, a, b).
struct Branch {
  const Expression& expression;
  ValueId mask = 0;
  bool where_true = true;  ///< whether it is taken where the mask is not 0
};

/// A branch is judged where it is taken: in where(t > 0, t * log(t), 0) the logarithm of a zero
/// means nothing. If the branch has no finite value as it stands, these are values to read in the
/// place of its names: equal to them where the branch is taken, and elsewhere equal to an entry at
/// which it is. No names are needed where the branch is finite. `build` adds an expression to a
/// network.
std::map<std::string, ValueId> branch_names(
    Network& network, const Branch& branch, const LayerLibrary& library,
    const std::function<ValueId(Network&, const Expression&)>& build);

}  // namespace gradcheck
