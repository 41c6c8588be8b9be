#pragma once

#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>

namespace gradcheck::defects {

/// The standard layers, of which those named calculate in float32: opaque to gradcheck, as a layer
/// written by hand is. They are handed doubles, cast them to float, evaluate forward and backward
/// in float, and say so. They have no settings and no branches. `layer_norm` is there in float32
/// alone. Throws ValueError for a name of which there is no such layer.
LayerLibrary with_float32(const std::vector<std::string>& names);

/// All that there are.
std::vector<std::string> float32_layer_names();

}  // namespace gradcheck::defects
