#pragma once

#include <gradcheck/c/layer_description.hpp>
#include <gradcheck/result/options.hpp>
#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// How to check a layer, beyond what its description says.
struct CallbackOptions {
  CheckOptions check;
  bool hygiene = true;  ///< look for side effects, stale caches and the like, too
};

/// Reads the options of the C interface; a null pointer stands for the defaults. Throws ValueError.
CallbackOptions read_options(const gradcheck_options* given);

/// Checks a layer given by callbacks, at the point that its description and the seed give. Throws
/// CallbackError if a callback fails at that point, Error if nothing can be checked.
Report check_callbacks(const LayerDescription& layer, const CallbackOptions& options);

}  // namespace gradcheck
