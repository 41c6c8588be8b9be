#pragma once

#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// The arguments of a call, by what the layer makes of them.
struct CallArguments {
  std::vector<const Expression*> tensors{};  ///< those given, in the layer's order
  Settings settings{};
};

/// Sorts the arguments of a call. By position stand the tensors, then the optional ones, then the
/// settings, unless the layer has an order of its own; a quoted word goes to the next setting that
/// takes one. By keyword stands anything. `None` means that it is left out.
/// Throws LocatedError: an argument too many, given twice, or missing; a setting that is no
/// constant. `in_statement` ends the messages that quote no place.
CallArguments sort_arguments(const Expression& call, const LayerType& type,
                             const std::string& in_statement);

}  // namespace gradcheck
