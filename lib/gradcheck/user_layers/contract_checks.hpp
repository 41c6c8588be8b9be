#pragma once

#include <cstdint>
#include <vector>

#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// What a layer claims about itself beside its gradients.
struct LayerClaims {
  BackwardContract contract = BackwardContract::unknown;
  bool independent_rows = false;
};

/// What the probes found.
struct Hygiene {
  std::vector<LayerFinding> findings;
  /// Largest run-to-run difference of forward's outputs, relative to the largest entry: as of sums
  /// whose order changes. 0 for a layer that gives the same bits again.
  double noise = 0;
  bool deterministic = true;  ///< but for that noise
};

/// Looks for what comparing gradients does not show, by calling the layer at `x`:
///
/// - forward and backward give the same again, up to small noise;
/// - a forward with other values in between leaves no trace, against a fresh object if the layer
///   can be forked, else against its own first run;
/// - backward twice on one forward gives the same twice;
/// - parameters, inputs and upstream are as they were after the calls;
/// - gradients of parameters that held NaN or known numbers before are written over in every entry,
///   or added to in every entry, as declared;
/// - where rows are claimed to be independent: the batch's outputs and gradients are those of its
///   rows alone, gradients of parameters summed up.
///
/// Throws what the layer throws at `x` itself.
Hygiene check_contract(UserLayer& layer, const Tensors<double>& x, const LayerClaims& claims,
                       std::uint64_t seed);

}  // namespace gradcheck
