#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/selection.hpp>

namespace gradcheck {

const LayerLibrary& standard_layers() {
  static const LayerLibrary library = [] {
    LayerLibrary all;
    add_elementwise_layers(all);
    add_selection_layers(all);
    add_activation_layers(all);
    return all;
  }();
  return library;
}

}  // namespace gradcheck
