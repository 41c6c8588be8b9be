#pragma once

#include <string>
#include <vector>

#include <gradcheck/user_layers/layer_options.hpp>

namespace gradcheck {

/// Throws ValueError for what in `only`, `skip` or `rtols` fits none of the tensors of these names,
/// for an rtol that is none, for limits that are none, and if nothing is left to check.
void require_known_tensors(const std::string& layer, const LayerOptions& options,
                           const std::vector<std::string>& names);

/// Whether the tensor is to be checked, by `only` and `skip`.
bool is_chosen(const LayerOptions& options, const std::string& name);

/// The tensor's relative tolerance: its own, or that of the check.
double rtol_of(const LayerOptions& options, const std::string& name);

/// The names of a layer's inputs, as given or "x", "x0", "x1", ..., and of its parameters; those
/// that have a gradient.
std::vector<std::string> checked_names(const UserLayer& layer, const LayerOptions& options);

}  // namespace gradcheck
