#pragma once

#include <map>
#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>

namespace gradcheck::defects::semantic {

/// An extent as the layer's documentation writes it: a symbol, or a number.
using SymbolicShape = std::vector<std::string>;

/// The shapes of a layer's tensor arguments as far as LayerType::shapes tells them, by name:
/// "x (N, in), W (in, out)" gives x: {"N", "in"}, W: {"in", "out"}.
std::map<std::string, SymbolicShape> shape_hints(const LayerType& type);

/// The shape, where symbols that are not known yet become sizes from `draw`.
template <class DrawSize>
Shape shape_from(const SymbolicShape& hint, std::map<std::string, std::size_t>& sizes,
                 DrawSize draw) {
  Shape shape;
  for (const std::string& extent : hint) {
    const bool number = extent.find_first_not_of("0123456789") == std::string::npos;
    if (number && !extent.empty()) {
      shape.push_back(std::stoul(extent));
    } else if (extent != "..." && extent != "…") {
      shape.push_back(sizes.try_emplace(extent, draw()).first->second);
    }
  }
  return shape;
}

}  // namespace gradcheck::defects::semantic
