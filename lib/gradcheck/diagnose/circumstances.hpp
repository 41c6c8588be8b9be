#pragma once

#include <optional>

#include <gradcheck/diagnose/place.hpp>

namespace gradcheck {

/// Whether the analytic gradient is the right one of other circumstances: of another upstream (only
/// where backward is not linear in it: "upstream ignored", "upstream changed"), of one row of the
/// upstream alone ("not summed over the batch"), at the layer's output in place of its input
/// ("derivative at the wrong value"), or with an input's rows one further ("stale values"). Each is
/// differentiated numerically, entry by entry until one does not fit.
std::optional<Pattern> other_circumstances(const Observation& seen, const Place& place);

/// The part of it for a layer whose backward is not linear in its upstream; none for others.
std::optional<Pattern> other_upstream(const Observation& seen, const Place& place);

/// The gradient for an upstream of ones.
std::optional<Pattern> upstream_of_ones(const Observation& seen, const Place& place);

}  // namespace gradcheck
