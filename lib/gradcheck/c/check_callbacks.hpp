#pragma once

#include <functional>

#include <gradcheck/c/layer_description.hpp>
#include <gradcheck/cases/run.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>
#include <gradcheck/user_layers/layer_options.hpp>

namespace gradcheck {

/// How to check a layer, beyond what its description says: `layer` without inputs.
struct CallbackOptions {
  LayerOptions layer;
  bool rtol_given = false;
  /// What calls the caller's progress callback; throws Stopped if that says so. May be empty.
  std::function<void(const CaseProgress&)> progress;
};

/// Reads the options of the C interface; a null pointer stands for the defaults. Throws ValueError.
CallbackOptions read_options(const gradcheck_options* given);

/// The options for one layer: its inputs at the point, and what it says about itself.
LayerOptions options_for(const LayerDescription& layer, const LayerOptions& options);

/// Checks a layer given by callbacks, at the point that its description and the seed give. Throws
/// CallbackError if a callback fails at that point, Error if nothing can be checked.
Report check_callbacks(const LayerDescription& layer, const CallbackOptions& options);

/// Throws the first error of a report: CallbackError if `failing`, a callback's, else ValueError.
void require_checked(const Report& report, bool failing);

}  // namespace gradcheck
