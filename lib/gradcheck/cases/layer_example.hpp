#pragma once

#include <string>

#include <gradcheck/layers/library.hpp>

namespace gradcheck {

/// A case file that uses the layer, complete and runnable: what `gradcheck layers NAME` shows.
std::string layer_example(const LayerType& type);

}  // namespace gradcheck
