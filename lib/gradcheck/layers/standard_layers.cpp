#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/classification.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/linear.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/layers/reductions.hpp>
#include <gradcheck/layers/regression.hpp>
#include <gradcheck/layers/selection.hpp>
#include <gradcheck/layers/shaping.hpp>

namespace gradcheck {

const LayerLibrary& standard_layers() {
  static const LayerLibrary library = [] {
    LayerLibrary all;
    add_elementwise_layers(all);
    add_selection_layers(all);
    add_activation_layers(all);
    add_linear_layers(all);
    add_reduction_layers(all);
    add_shaping_layers(all);
    add_normaliser_layers(all);
    add_regression_losses(all);
    add_classification_losses(all);
    return all;
  }();
  return library;
}

}  // namespace gradcheck
