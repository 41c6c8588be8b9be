#include <utility>

#include <gradcheck/layers/activations.hpp>
#include <gradcheck/layers/attention.hpp>
#include <gradcheck/layers/batch_norm.hpp>
#include <gradcheck/layers/classification.hpp>
#include <gradcheck/layers/convolution.hpp>
#include <gradcheck/layers/cross_entropy.hpp>
#include <gradcheck/layers/ctc_loss.hpp>
#include <gradcheck/layers/dropout.hpp>
#include <gradcheck/layers/einsum.hpp>
#include <gradcheck/layers/elementary.hpp>
#include <gradcheck/layers/elementwise.hpp>
#include <gradcheck/layers/gated.hpp>
#include <gradcheck/layers/generators.hpp>
#include <gradcheck/layers/indexing.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/layers/linear.hpp>
#include <gradcheck/layers/linear_algebra.hpp>
#include <gradcheck/layers/metric_losses.hpp>
#include <gradcheck/layers/normalisation.hpp>
#include <gradcheck/layers/normalisers.hpp>
#include <gradcheck/layers/ordering.hpp>
#include <gradcheck/layers/piecewise.hpp>
#include <gradcheck/layers/pointwise_losses.hpp>
#include <gradcheck/layers/pooling.hpp>
#include <gradcheck/layers/rearranging.hpp>
#include <gradcheck/layers/recurrent.hpp>
#include <gradcheck/layers/reductions.hpp>
#include <gradcheck/layers/region_losses.hpp>
#include <gradcheck/layers/regression.hpp>
#include <gradcheck/layers/resizing.hpp>
#include <gradcheck/layers/scans.hpp>
#include <gradcheck/layers/selection.hpp>
#include <gradcheck/layers/shaping.hpp>
#include <gradcheck/layers/statistics.hpp>

namespace gradcheck {

namespace {

/// What PyTorch and NumPy call layers that have another name here and mean just the same.
constexpr std::pair<const char*, const char*> aliases[] = {
    {"absolute", "abs"},
    {"amax", "max"},
    {"amin", "min"},
    {"bmm", "matmul"},
    {"cat", "concat"},
    {"chunk", "split"},
    {"clamp", "clip"},
    {"concatenate", "concat"},
    {"detach", "stop_gradient"},
    {"div", "divide"},
    {"eq", "equal"},
    {"expit", "sigmoid"},
    {"ge", "greater_equal"},
    {"gt", "greater"},
    {"l1_loss", "mean_absolute_error"},
    {"le", "less_equal"},
    {"lt", "less"},
    {"mm", "matmul"},
    {"mse_loss", "mean_squared_error"},
    {"mul", "multiply"},
    {"multi_head_attention_forward", "multi_head_attention"},
    {"ne", "not_equal"},
    {"neg", "negate"},
    {"negative", "negate"},
    {"permute", "transpose"},
    {"pow", "power"},
    {"rnn_tanh", "rnn"},
    {"rnn_tanh_cell", "rnn_cell"},
    {"sub", "subtract"},
    {"true_divide", "divide"},
    {"upsample", "interpolate"},
    {"view", "reshape"},
};

}  // namespace

const LayerLibrary& standard_layers() {
  static const LayerLibrary library = [] {
    LayerLibrary all;
    add_elementwise_layers(all);
    add_elementary_layers(all);
    add_generator_layers(all);
    add_selection_layers(all);
    add_indexing_layers(all);
    add_rearranging_layers(all);
    add_ordering_layers(all);
    add_scan_layers(all);
    add_dropout_layer(all);
    add_activation_layers(all);
    add_piecewise_activations(all);
    add_linear_layers(all);
    add_einsum_layer(all);
    add_linear_algebra_layers(all);
    add_reduction_layers(all);
    add_statistics_layers(all);
    add_shaping_layers(all);
    add_convolution_layers(all);
    add_pooling_layers(all);
    add_resizing_layers(all);
    add_batch_norm(all);
    add_normalisation_layers(all);
    add_recurrent_layers(all);
    add_attention_layers(all);
    add_gated_layers(all);
    add_normaliser_layers(all);
    add_regression_losses(all);
    add_classification_losses(all);
    add_class_losses(all);
    add_pointwise_losses(all);
    add_region_losses(all);
    add_metric_losses(all);
    add_ctc_loss(all);
    for (const auto& [alias, name] : aliases) {
      all.add_alias(name, alias);
    }
    return all;
  }();
  return library;
}

}  // namespace gradcheck
