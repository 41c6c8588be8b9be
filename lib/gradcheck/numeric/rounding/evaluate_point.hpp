#pragma once

#include <cstdint>

#include <gradcheck/numeric/point/evaluation_point.hpp>

namespace gradcheck {

/// Surveys a point: the values in both precisions (forward's, with the branches held), their
/// rounding errors, the ties. Where the analytic side rounds every value to float32, the rounding
/// errors are those of its values: it may stand on the other side of a kink that is within them.
EvaluationPoint evaluate_point(const Graph& graph, Values<double> values, std::uint64_t seed,
                               Precision analytic = Precision::float64);

}  // namespace gradcheck
