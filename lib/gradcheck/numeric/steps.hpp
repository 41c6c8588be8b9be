#pragma once

#include <gradcheck/numeric/evaluator.hpp>

namespace gradcheck {

/// The scale on which each entry of `from` is moved: the larger of its own size and the typical
/// size (mean over nonzero entries) of its tensor. A tensor of zeros takes it from the first value
/// that moving it changes: the displacement that changes that value by its own typical size. No
/// absolute scale enters unless every value downstream is zero as well; then it is 1.
Tensor entry_scales(Evaluator<double>& evaluator, const Graph& graph, const Values<double>& values,
                    ValueId from);

}  // namespace gradcheck
