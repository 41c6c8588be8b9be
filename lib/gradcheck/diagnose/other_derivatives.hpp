#pragma once

#include <optional>

#include <gradcheck/diagnose/place.hpp>

namespace gradcheck {

/// What an analytic gradient makes of its upstream, entry by entry, where a layer's own derivative
/// is missing or another one: "derivative missing" (a = dy), "mask ignored" (the same where the
/// layer chooses), "mask inverted", "derivative at the wrong value" (an activation's formula in y
/// evaluated at x), "derivative incomplete" (a factor of it left out).
std::optional<Pattern> other_derivatives(const Observation& seen, const Place& place);

}  // namespace gradcheck
