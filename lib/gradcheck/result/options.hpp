#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <gradcheck/tensor/precision.hpp>

namespace gradcheck {

/// How the numeric derivative is formed: (f(x + h) − f(x − h)) / 2h or (f(x + h) − f(x)) / h.
enum class Method { central, forward };

/// How probes are evaluated; `plain` re-evaluates the whole network for every probe.
enum class Sweep { automatic, plain };

/// How far the comparison of one tensor is.
struct TensorProgress {
  const std::string& tensor;  ///< its name; may be empty
  std::size_t done = 0;       ///< entries compared so far
  std::size_t entries = 0;    ///< of the tensor
  double seconds = 0;         ///< since its comparison began
};

/// How much of a user's layer is compared at the most.
struct CheckLimits {
  std::size_t max_entries = 0;  ///< of each tensor, chosen by the seed; 0: all
  double max_seconds = 0;       ///< of the whole check; 0: any
};

/// Everything that a user may choose about a check.
struct CheckOptions {
  double rtol = 1e-7;                           ///< relative tolerance beside the measured bound
  std::optional<double> step = std::nullopt;    ///< absolute step h; chosen per entry without it
  std::optional<Method> method = std::nullopt;  ///< fixed: never escalated away from
  Sweep sweep = Sweep::automatic;
  /// The arithmetic of the analytic side; the numeric one keeps that of the layers.
  Precision analytic_precision = Precision::float64;
  std::uint64_t seed = 0;
  std::size_t jobs = 1;     ///< threads for one network; results do not depend on it
  bool all_values = false;  ///< every named value, not only parameters and what is claimed
  /// Called before the first entry of a tensor and after each that is compared on its own, or after
  /// as many as are found together, from the thread that works.
  std::function<void(const TensorProgress&)> progress = {};
};

}  // namespace gradcheck
