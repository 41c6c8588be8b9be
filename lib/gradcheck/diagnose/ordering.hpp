#pragma once

#include <optional>

#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

/// Whether the analytic gradient is the numeric one in another order: its axes permuted
/// ("transposed"), its slices along an axis ("rows permuted", "columns permuted"), or its entries
/// shifted or reversed ("entries permuted").
std::optional<Pattern> other_order(const Observation& seen);

}  // namespace gradcheck
