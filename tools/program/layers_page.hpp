#pragma once

#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>

namespace gradcheck::program {

/// The groups of the layers, in the order in which they first stand.
std::vector<std::string> groups_of(const std::vector<LayerType>& types);

/// "axis: a whole number; default -1"
std::string setting_text(const SettingType& setting);

/// All layers as a page in Markdown, lib/LAYERS.md.
std::string layers_page(const LayerLibrary& library);

}  // namespace gradcheck::program
